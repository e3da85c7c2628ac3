import type { Config } from 'dompurify'

type Policy = NonNullable<Config['TRUSTED_TYPES_POLICY']>

/** The part of the Trusted Types API that is used here; TypeScript's DOM library does not declare it yet. */
interface TrustedTypesWindow {
  readonly trustedTypes?: { readonly createPolicy: (name: string, rules: object) => Policy }
}

/**
 * The page's only Trusted Types policy, used only by `sanitise`. It is created when the page starts, not when the first
 * document is shown, because a policy with this name can be created only once. It passes the output of DOMPurify to the
 * browser's parser, which builds an inert document from it. Null if the browser does not support Trusted Types.
 */
export const trustedTypesPolicy: Policy | null =
  (window as TrustedTypesWindow).trustedTypes?.createPolicy('spec-kitty', {
    createHTML: (html: string) => html,
    createScript: () => '',
    createScriptURL: () => '',
  }) ?? null
