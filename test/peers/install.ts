/**
 * Puts the peers on this machine: Keycloak, OpenAM and Tomcat from Maven Central, moto, the AWS CLI and boto3 from PyPI, tmux, GNOME Keyring and
 * Chromium from Debian. (What drives Chromium, playwright-core, is one of the packages.) Throws when one cannot be had; nothing is skipped. What was
 * installed stays in `.peers/` for the next run.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const peersFolder = resolve(import.meta.dirname, "../../.peers");
export const keycloakFolder = join(peersFolder, "keycloak-26.4.5");
export const openAmFolder = join(peersFolder, "openam-16.0.5");
export const tomcatFolder = join(peersFolder, "apache-tomcat-10.1.34");
export const python = join(peersFolder, "python");

const debianPrograms = {
  tmux: "tmux",
  ip: "iproute2",
  "dbus-run-session": "dbus",
  "gnome-keyring-daemon": "gnome-keyring",
  chromium: "chromium",
};
const pythonPackages = ["moto[server]==5.2.5", "awscli==1.46.3", "boto3==1.44.5"];
export function installPeers(): void {
  mkdirSync(peersFolder, { recursive: true });
  installDebianPrograms();
  if (!existsSync(keycloakFolder)) installKeycloak();
  if (!existsSync(tomcatFolder)) unpack("org.apache.tomcat:tomcat:10.1.34:zip", peersFolder, tomcatFolder);
  if (!existsSync(openAmFolder)) installOpenAm();
  if (!existsSync(join(python, "complete"))) installPython();
}

function installDebianPrograms(): void {
  const missing = Object.entries(debianPrograms).filter(([program]) => spawnSync("which", [program]).status !== 0);
  if (missing.length === 0) return;
  run("apt-get", ["update", "-q"]);
  run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...missing.map(([, name]) => name)]);
}

function installKeycloak(): void {
  unpack("org.keycloak:keycloak-quarkus-dist:26.4.5:zip", peersFolder, keycloakFolder);
}

/** With its directory kept to this machine: it would listen on every address. (For its JMX see programs/LoopbackTomcat.java.) */
function installOpenAm(): void {
  const unfinished = `${openAmFolder}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  unpack("org.openidentityplatform.openam:openam-server:16.0.5:war", unfinished, unfinished);
  const templates = join(unfinished, "WEB-INF/template/opendj");
  const settings = "template/config/config.ldif";
  run("jar", ["xf", "opendj.zip", settings], templates);
  const text = readFileSync(join(templates, settings), "utf8");
  const jmx = "objectClass: ds-cfg-jmx-connection-handler\n";
  const local = text.replaceAll("address: 0.0.0.0", "address: 127.0.0.1").replace(jmx, `${jmx}ds-cfg-listen-address: 127.0.0.1\n`);
  if (local === text) throw new Error("OpenAM's directory is not configured as it was");
  writeFileSync(join(templates, settings), local);
  run("jar", ["uf", "opendj.zip", settings], templates);
  renameSync(unfinished, openAmFolder);
}

/** `artifact` into `folder`, which has `expected` afterwards. */
function unpack(artifact: string, folder: string, expected: string): void {
  const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";
  // Maven remembers what it unpacked, not whether it is still there.
  run("mvn", ["-q", "-B", plugin, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`, "-Dmdep.overWriteReleases=true"]);
  if (!existsSync(expected)) throw new Error(`Maven did not unpack ${artifact}`);
}

function installPython(): void {
  run("python3", ["-m", "venv", python]);
  run(join(python, "bin/pip"), ["install", "-q", ...pythonPackages]);
  run("touch", [join(python, "complete")]);
}

function run(program: string, args: readonly string[], cwd = peersFolder): void {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Maven leaves notes of what it unpacked in the current folder
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"], env: environment, cwd, timeout: 900_000 });
}
