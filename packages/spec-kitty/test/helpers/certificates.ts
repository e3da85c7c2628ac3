import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeHome } from '../../../familiar/test/helpers/homes.js'

/** A certificate that signs itself, for some hosts, and where it is. */
export interface Certificate {
  readonly key: string
  readonly cert: string
  readonly file: string
}

/** Makes one with openssl. `hosts`: as in a certificate, `DNS:name` or `IP:address`. */
export function makeCertificate(hosts: string): Certificate {
  const home = makeHome()
  const [keyFile, file] = [join(home, 'key.pem'), join(home, 'cert.pem')]
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const about = ['-subj', '/CN=sync test', '-addext', `subjectAltName=${hosts}`, '-days', '2']
  execFileSync('openssl', ['req', '-x509', ...curve, ...about, '-keyout', keyFile, '-out', file], {
    stdio: 'pipe',
  })
  return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(file, 'utf8'), file }
}
