/**
 * What IAM tells users about themselves: their policies, their groups' and their MFA devices, page by page.
 *
 * Accounts often allow some of these calls and not others: one that is denied is noted, once, and the rest goes on. Loads the SDK: import this
 * only where the network is waited for anyway.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/
 */

import {
  GetGroupPolicyCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetUserPolicyCommand,
  IAMClient,
  paginateListAttachedGroupPolicies,
  paginateListAttachedUserPolicies,
  paginateListGroupPolicies,
  paginateListGroupsForUser,
  paginateListMFADevices,
  paginateListUserPolicies,
} from "@aws-sdk/client-iam";
import type { Profile } from "../config/profile.ts";
import { AwsError } from "../errors.ts";
import type { Clock, Environment } from "../world.ts";
import { clientConfig, requestHandler, resolveEndpoint, type SigningKeys } from "./client.ts";
import { explainFailure } from "./explain.ts";
import { readFailure } from "./failure.ts";

export interface MfaDevice {
  /** An ARN, or a hardware device's serial number. */
  readonly serialNumber: string;
  readonly enabledAt: Date | undefined;
}

export interface Policies {
  /** Parsed JSON, of whatever shape. */
  readonly documents: readonly unknown[];
  /** Calls that IAM denied: "ListGroupsForUser". */
  readonly denied: readonly string[];
}

export interface Iam {
  /** @throws AwsError "aws-refused", when it is denied too; "aws-unreachable" */
  listMfaDevices(user: string): Promise<MfaDevice[]>;
  /** A user's own and their groups', inline and attached. @throws AwsError for all but denials */
  listPolicies(user: string): Promise<Policies>;
  close(): void;
}

export interface IamOptions {
  readonly env: Environment;
  readonly clock: Clock;
  readonly keys: SigningKeys;
}

/** IAM allows some twenty requests a second. */
const AT_ONCE = 5;

export function openIam(profile: Profile, { env, clock, keys }: IamOptions): Iam {
  const custom = profile.login.kind === "iam" ? profile.login.iamEndpoint : undefined;
  const client = new IAMClient(clientConfig(profile, keys, custom));
  const endpoint = resolveEndpoint((parameters) => client.config.endpointProvider({ ...parameters }), profile, custom);
  client.config.requestHandler = requestHandler(env, endpoint);
  const ask: Ask = (operation, work) =>
    work(client).catch((error: unknown) => {
      throw explainFailure(readFailure(error, clock.now()), { service: "IAM", operation, keys }, endpoint);
    });
  return {
    listMfaDevices: (user) => ask("ListMFADevices", (iam) => listDevices(user, iam)),
    listPolicies: (user) => listPolicies(user, ask),
    close: () => client.destroy(),
  };
}

type Ask = <T>(operation: string, work: (client: IAMClient) => Promise<T>) => Promise<T>;

async function listDevices(user: string, client: IAMClient): Promise<MfaDevice[]> {
  const devices = await collect(paginateListMFADevices({ client }, { UserName: user }), ({ MFADevices }) => MFADevices);
  return devices.flatMap(({ SerialNumber, EnableDate }) => (SerialNumber ? [{ serialNumber: SerialNumber, enabledAt: EnableDate }] : []));
}

async function listPolicies(user: string, ask: Ask): Promise<Policies> {
  const denied = new Set<string>();
  const tolerant = async <T>(operation: string, work: (client: IAMClient) => Promise<T[]>): Promise<T[]> => {
    try {
      return denied.has(operation) ? [] : await ask(operation, work);
    } catch (error) {
      if (!isDenial(error)) throw error;
      denied.add(operation);
      return [];
    }
  };
  const groups = await tolerant("ListGroupsForUser", (client) =>
    collect(paginateListGroupsForUser({ client }, { UserName: user }), ({ Groups }) => Groups?.map(({ GroupName }) => GroupName)),
  );
  const inline = [await inlineOfUser(user, tolerant), ...(await inTurn(groups, (group) => inlineOfGroup(group, tolerant)))];
  const arns = [await attachedToUser(user, tolerant), ...(await inTurn(groups, (group) => attachedToGroup(group, tolerant)))].flat();
  const attached = await inTurn([...new Set(arns)], (arn) => documentOf(arn, tolerant));
  const documents = [...inline, ...attached].flat().map(parseDocument);
  return { documents, denied: [...denied].sort() };
}

/** Gives nothing for a call that is denied. */
type Tolerant = <T>(operation: string, work: (client: IAMClient) => Promise<T[]>) => Promise<T[]>;

async function inlineOfUser(UserName: string, call: Tolerant): Promise<string[]> {
  const names = await call("ListUserPolicies", (client) =>
    collect(paginateListUserPolicies({ client }, { UserName }), ({ PolicyNames }) => PolicyNames),
  );
  const get = (PolicyName: string) =>
    call("GetUserPolicy", async (client) =>
      present((await client.send(new GetUserPolicyCommand({ UserName, PolicyName }))).PolicyDocument),
    );
  return (await inTurn(names, get)).flat();
}

async function inlineOfGroup(GroupName: string, call: Tolerant): Promise<string[]> {
  const names = await call("ListGroupPolicies", (client) =>
    collect(paginateListGroupPolicies({ client }, { GroupName }), ({ PolicyNames }) => PolicyNames),
  );
  const get = (PolicyName: string) =>
    call("GetGroupPolicy", async (client) =>
      present((await client.send(new GetGroupPolicyCommand({ GroupName, PolicyName }))).PolicyDocument),
    );
  return (await inTurn(names, get)).flat();
}

function attachedToUser(UserName: string, call: Tolerant): Promise<string[]> {
  return call("ListAttachedUserPolicies", (client) =>
    collect(paginateListAttachedUserPolicies({ client }, { UserName }), ({ AttachedPolicies }) =>
      AttachedPolicies?.map(({ PolicyArn }) => PolicyArn),
    ),
  );
}

function attachedToGroup(GroupName: string, call: Tolerant): Promise<string[]> {
  return call("ListAttachedGroupPolicies", (client) =>
    collect(paginateListAttachedGroupPolicies({ client }, { GroupName }), ({ AttachedPolicies }) =>
      AttachedPolicies?.map(({ PolicyArn }) => PolicyArn),
    ),
  );
}

/** The version that is in force. */
async function documentOf(PolicyArn: string, call: Tolerant): Promise<string[]> {
  const versions = await call("GetPolicy", async (client) =>
    present((await client.send(new GetPolicyCommand({ PolicyArn }))).Policy?.DefaultVersionId),
  );
  const get = (VersionId: string) =>
    call("GetPolicyVersion", async (client) =>
      present((await client.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))).PolicyVersion?.Document),
    );
  return (await inTurn(versions, get)).flat();
}

/** All pages. */
async function collect<Page, T>(pages: AsyncIterable<Page>, read: (page: Page) => (T | undefined)[] | undefined): Promise<T[]> {
  const found: T[] = [];
  for await (const page of pages) found.push(...(read(page) ?? []).flatMap(present));
  return found;
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}

/** Results in the items' order, a few at once. */
async function inTurn<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(...(await Promise.all(items.slice(from, from + AT_ONCE).map(work))));
  return results;
}

/** IAM encodes them as a URL's part. What is no JSON says nothing. */
function parseDocument(text: string): unknown {
  try {
    return JSON.parse(decodeURIComponent(text));
  } catch {
    return undefined;
  }
}

function isDenial(error: unknown): boolean {
  return error instanceof AwsError && (error.awsCode === "AccessDenied" || error.awsCode === "AccessDeniedException");
}
