/** The part of oidc-provider 9 that the sandbox uses; the package has no types of its own. */

declare module "oidc-provider" {
  import type { IncomingMessage, ServerResponse } from "node:http";

  export class Provider {
    constructor(issuer: string, configuration: object);
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    /** Saves the result and gives the URL to go on to. */
    interactionResult(request: IncomingMessage, response: ServerResponse, result: object): Promise<string>;
    on(event: "server_error", listener: (context: unknown, error: Error) => void): this;
    readonly Grant: {
      new (of: { accountId: string; clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    readonly IdToken: { prototype: { issue(options: { use: string }): Promise<string> } };
  }

  export interface Interaction {
    readonly uid: string;
    readonly prompt: { readonly name: string };
    readonly params: { readonly client_id: string; readonly scope?: string };
    readonly session?: { readonly accountId: string };
    readonly grantId?: string;
  }

  export interface Grant {
    addOIDCScope(scope: string | Iterable<string>): void;
    save(): Promise<string>;
  }

  /** Koa's context, in the hooks of the configuration. */
  export interface ProviderContext {
    body: unknown;
    type: string;
    readonly oidc: {
      readonly provider: Provider;
      readonly client: { readonly clientId: string };
      readonly account: { readonly accountId: string };
      readonly result?: { readonly consent?: { readonly grantId?: string } };
      readonly session: { grantIdFor(clientId: string): string | undefined };
      readonly requestParamOIDCScopes: Set<string>;
    };
  }

  export const interactionPolicy: {
    base(): { get(prompt: string): { readonly checks: { remove(reason: string): void } } };
  };
}

declare module "oidc-provider/lib/adapters/memory_adapter.js" {
  export function createMemoryAdapter(clockToleranceSeconds?: number): (model: string) => object;
}
