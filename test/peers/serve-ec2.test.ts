/**
 * `serve ec2` at 169.254.169.254, where the AWS CLI, boto3 and the SDK for JavaScript look by themselves: in a network namespace, as root who came by
 * sudo. Every thread is looked at, and what of the address is left behind.
 */

import { spawn } from "node:child_process";
import { chmodSync, chownSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { artefacts, makeHome, outcomeOf } from "../binary/artefacts.ts";
import { python } from "./install.ts";

const NOBODY = 65_534;
const programs = join(import.meta.dirname, "programs");
const config = "[profile dev]\nregion = eu-central-1\nrole_arn = arn:aws:iam::123456789012:role/developer\nsource_profile = keys\n";
/** Its keys come once the file is there. */
const slow = `[profile slow]
role_arn = arn:aws:iam::123456789012:role/developer
source_profile = late
[profile late]
credential_process = sh -c 'until [ -s ~/go ]; do sleep 0.1; done; cat ~/go'
`;
const credentials = "[keys]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = example\n";

/** What the namespace's script printed, by its headings. */
type Report = Readonly<Record<string, string>>;

/** In a folder that everybody can read: the program goes on as another user. */
async function runInNamespace(command: readonly string[]): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), "serve-ec2-"));
  chmodSync(folder, 0o755);
  cpSync(join(import.meta.dirname, "../../dist"), folder, { recursive: true });
  const home = makeHome(config + slow, credentials);
  for (const path of ["", ".aws", ".aws/config", ".aws/credentials"]) chownSync(join(home.path, path), NOBODY, NOBODY);
  const copy = command.map((word) => word.replace(join(import.meta.dirname, "../../dist"), folder));
  const env = { PATH: process.env["PATH"], NODE: process.execPath, PYTHON: python, TESTS: programs, USER_HOME: home.path };
  try {
    const { stdout, stderr } = await outcomeOf(
      spawn("unshare", ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", join(programs, "imds-namespace.sh"), ...copy], {
        env,
      }),
      {
        timeoutMs: 110_000,
      },
    );
    const sections = stdout.split(/^== /m).map((text) => /^([^\n]*)\n([\s\S]*)$/.exec(text) ?? []);
    return { stderr, ...Object.fromEntries(sections.map(([, name = "", text = ""]) => [name, text.trim()])) };
  } finally {
    home.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(artefacts)("$name", ({ command }) => {
  let report: Report;
  beforeAll(async () => {
    report = await runInNamespace(command);
  });

  test("root is given up by every thread, with its groups and capabilities", () => {
    const uid = `${NOBODY} ${NOBODY} ${NOBODY} ${NOBODY}`;
    expect(report["threads"]?.split("\n")).toEqual([
      "CapEff: 0000000000000000",
      "CapPrm: 0000000000000000",
      `Gid: ${uid}`,
      `Groups: ${NOBODY}`,
      `Uid: ${uid}`,
    ]);
  });

  test("the one address is on the loopback interface, and no net of it", () => {
    expect(report["address"]).toBe("169.254.169.254/32");
  });

  test("programs of the machine are answered, and nobody from another address", () => {
    expect(report["own"]).toBe("200 200\n200 200");
    expect(report["foreign"]).toBe("403 403");
  });

  test.each(["awscli", "boto3", "javascript"])("%s finds the credentials by itself", (client) => {
    expect(report[client]).toMatch(/(?:^|I am )arn:aws:sts::123456789012:assumed-role\/developer\/\S+$/);
  });

  test("what it keeps is the user's, in the user's home", () => {
    expect(report["files"]).toMatch(/^[1-9]\d*$/);
  });

  test("a second one is an error, and does not disturb the first", () => {
    expect(report["taken"]).toMatch(/cannot listen at 169\.254\.169\.254, port 80: [\s\S]*status 2\n169\.254\.169\.254\/32$/);
  });

  test("the address goes when it is ended, and when it is killed", () => {
    expect(report["ended"]).toBe("status 0\nnowhere");
    expect(report["killed"]).toBe("status 137\nnowhere");
  });

  test("an address that was there is used, and stays", () => {
    expect(report["there"]).toBe("was there already, and stays\nstatus 0\n169.254.169.254/32");
  });

  test("without root it says how to go on", () => {
    expect(report["unprivileged"]).toMatch(/take root\n.*-p PORT[\s\S]*status 2$/);
  });

  test("root that has nobody to go on as does nothing", () => {
    expect(report["nobody"]).toMatch(/root has nobody to go on as[\s\S]*status 2\nnowhere$/);
  });

  test("a profile chosen on the page while the first one's login waits was overwritten when that ended", () => {
    expect(report["chosen meanwhile"]).toBe("dev\n0\nserving dev at\ndev\nstatus 0");
  });

  test("a profile that does not exist leaves no address behind", () => {
    expect(report["wrong profile"]).toMatch(/^other[\s\S]*\nnowhere$/);
  });
});
