import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bothRuntimes, run, start } from "./runtimes.ts";

const wrapper = new URL("programs/wrapper.ts", import.meta.url);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aws-runas-run-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function executable(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, 0o755);
  return path;
}

describe.each(bothRuntimes())("a command run under $name", (runtime) => {
  let wrap: string[];
  beforeAll(async () => {
    wrap = await runtime.prepare(wrapper);
  });
  afterAll(() => runtime.clean());

  describe.each(["run", "become"])("by %s", (mode) => {
    const wrapped = (...command: string[]) => run([...wrap, mode, ...command]);

    it("gives its exit status", async () => {
      expect(await wrapped("sh", "-c", "exit 7")).toMatchObject({ status: 7, stderr: "" });
    });

    it("gets its words as they are", async () => {
      const words = ["two words", "", "$HOME", "'\"", "line\nbreak", "ünï", "--", "-x"];
      const { stdout } = await wrapped(process.execPath, "-p", "JSON.stringify(process.argv.slice(1))", "--", ...words);
      expect(JSON.parse(stdout)).toEqual(words);
    });

    it("sees itself called by the word that was typed", async () => {
      expect((await wrapped("sh", "-c", "echo $0")).stdout).toBe("sh\n");
    });

    it("gets our stdin", async () => {
      const started = start([...wrap, mode, "cat"]);
      started.child.stdin?.end("from a pipe");
      expect((await started.outcome).stdout).toBe("from a pipe");
    });

    it("meets no ignored signal: yes | head -1 is quiet", async () => {
      const { stdout, stderr } = await wrapped("sh", "-c", "yes | head -1");
      expect({ stdout, stderr }).toEqual({ stdout: "y\n", stderr: "" });
    });

    it("may be a script without an interpreter line", async () => {
      const script = await executable("plain", 'echo "$1"; exit 3\n');
      expect(await wrapped(script, "a b")).toMatchObject({ stdout: "a b\n", status: 3 });
    });

    it("that names a missing interpreter gives 126", async () => {
      const script = await executable("broken", "#!/no/such/interpreter\n");
      const { status, stderr } = await wrapped(script);
      expect(status).toBe(126);
      expect(stderr).toContain(`cannot run ${script}: its interpreter or loader does not exist`);
    });

    it("that does not exist gives 127", async () => {
      const { status, stderr } = await wrapped("no-such-program");
      expect(status).toBe(127);
      expect(stderr).toContain("command not found: no-such-program");
    });

    it("that is a folder gives 126", async () => {
      await mkdir(join(folder, "folder"), { recursive: true });
      expect(await wrapped(join(folder, "folder"))).toMatchObject({ status: 126 });
    });
  });

  it("that a signal kills gives 128 + its number", async () => {
    expect(await run([...wrap, "run", "sh", "-c", "kill -TERM $$"])).toMatchObject({ status: 143, signal: null });
    expect(await run([...wrap, "run", "sh", "-c", "kill -KILL $$"])).toMatchObject({ status: 137, signal: null });
  });

  it.each(["SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGINT", "SIGQUIT", "SIGWINCH"] as const)(
    "gets a %s that is sent to us alone, once, when no terminal is shared",
    async (signal) => {
      const program = `let n = 0; process.on("${signal}", () => { n += 1; setTimeout(() => { console.log("got", n); process.exit(9) }, 150) }); console.log("ready"); setInterval(() => {}, 1000)`;
      const started = start([...wrap, "run", process.execPath, "-e", program]);
      await started.printed("ready");
      started.child.kill(signal);
      expect(await started.outcome).toMatchObject({ status: 9, stdout: "ready\ngot 1\n" });
    },
  );
});
