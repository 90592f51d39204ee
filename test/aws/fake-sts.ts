/**
 * An STS on loopback that answers what a test planned, in order.
 *
 * `finish` fails when a request came that was not planned, or a planned one did not.
 */

import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface StsRequest {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

export interface StsAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
}

export interface FakeSts {
  readonly endpoint: string;
  readonly requests: StsRequest[];
  /** How many are open now. */
  connections(): Promise<number>;
  plan(...answers: ((request: StsRequest) => StsAnswer)[]): void;
  finish(): Promise<void>;
}

export async function startFakeSts(): Promise<FakeSts> {
  const planned: ((request: StsRequest) => StsAnswer)[] = [];
  const requests: StsRequest[] = [];
  const unplanned: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const request = { form: Object.fromEntries(new URLSearchParams(await text(incoming))), headers: incoming.headers };
    requests.push(request);
    const answer = planned.shift();
    if (answer === undefined) unplanned.push(request.form["Action"] ?? "");
    const { status, body, headers, delayMs = 0 } = answer?.(request) ?? refusal("Unplanned", "no answer is planned", 400)(request);
    setTimeout(() => outgoing.writeHead(status, { "content-type": "text/xml", ...headers }).end(body), delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    connections: () => new Promise((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count)))),
    plan: (...answers) => planned.push(...answers),
    async finish() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      if (unplanned.length > 0) throw new Error(`requests that no test planned: ${unplanned.join(", ")}`);
      if (planned.length > 0) throw new Error(`${planned.length} planned requests never came`);
    },
  };
}

/** Credentials named after the request, so that a test sees whose they are. */
export function grant(options: { expiresAt?: Date; id?: string } = {}): (request: StsRequest) => StsAnswer {
  return ({ form }) => {
    const life = Number(form["DurationSeconds"]) * 1000;
    const expiresAt = options.expiresAt ?? new Date(Date.now() + life);
    const role = form["RoleArn"]?.split("/").at(-1);
    const id = options.id ?? role;
    return ok(
      form["Action"] ?? "",
      `<Credentials><AccessKeyId>ASIA-${id}</AccessKeyId><SecretAccessKey>secret-${id}</SecretAccessKey>` +
        `<SessionToken>session-${id}</SessionToken><Expiration>${expiresAt.toISOString()}</Expiration></Credentials>` +
        `<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>` +
        `<Arn>arn:aws:sts::123456789012:assumed-role/${role}/${form["RoleSessionName"]}</Arn></AssumedRoleUser>`,
    );
  };
}

export function identity(): StsAnswer {
  return ok("GetCallerIdentity", "<Arn>arn:aws:sts::1:assumed-role/r/s</Arn><UserId>AROA:s</UserId><Account>1</Account>");
}

export function refusal(code: string, message: string, status = 400): (request: StsRequest) => StsAnswer {
  return () => ({
    status,
    headers: { "x-amzn-requestid": "req-1" },
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>req-1</RequestId></ErrorResponse>`,
  });
}

function ok(action: string, result: string): StsAnswer {
  const metadata = "<ResponseMetadata><RequestId>req-0</RequestId></ResponseMetadata>";
  return { status: 200, body: `<${action}Response><${action}Result>${result}</${action}Result>${metadata}</${action}Response>` };
}
