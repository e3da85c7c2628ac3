import { readSmallFile, type Io } from 'familiar/cli'
import { EnvironmentError } from './connection-errors.js'

const MAX_CERTIFICATES_BYTES = 4 * 1024 * 1024

/** Variables that name additional trusted certificates. Node itself reads only the first one. */
const CERTIFICATES = ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'] as const

/** Returns the variables that name additional trusted certificates here. */
export function certificateVariables(env: Io['env']): readonly (typeof CERTIFICATES)[number][] {
  return CERTIFICATES.filter((name) => (env[name] ?? '') !== '')
}

/** The context is created once, because parsing Node's own certificates takes 10 ms or more. */
export function trusted(env: Io['env']): { secureContext?: import('node:tls').SecureContext } {
  const files = certificateVariables(env)
  if (files.length === 0) return {}
  const { createSecureContext, rootCertificates } = process.getBuiltinModule('node:tls')
  const more = files.map((name) => readCertificates(name, env[name] ?? ''))
  return { secureContext: createSecureContext({ ca: [...rootCertificates, ...more] }) }
}

/** A file without certificates is an error. OpenSSL would ignore it, and the user would only see that no server is trusted. */
function readCertificates(name: string, path: string): string {
  const file = readSmallFile(path, { maxBytes: MAX_CERTIFICATES_BYTES, mayBeLink: true })
  if (file.state !== 'text') {
    throw new EnvironmentError(
      `${name} cannot be read: ${path}: ${file.state === 'absent' ? 'no such file' : file.why}`,
    )
  }
  try {
    const { X509Certificate } = process.getBuiltinModule('node:crypto')
    void new X509Certificate(file.text)
    return file.text
  } catch (error) {
    throw new EnvironmentError(`${name} contains no certificate: ${path}`, { cause: error })
  }
}
