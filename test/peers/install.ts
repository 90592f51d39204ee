/**
 * Puts the peers on this machine: Keycloak from Maven Central, moto, the AWS CLI and boto3 from PyPI, tmux, GNOME Keyring and Chromium from Debian.
 * (What drives Chromium, playwright-core, is one of the packages.) Throws when one cannot be had; nothing is skipped. What was installed stays in `.peers/` for the next run.
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";

const peersFolder = resolve(import.meta.dirname, "../../.peers");
export const keycloakFolder = join(peersFolder, "keycloak-26.4.5");
export const python = join(peersFolder, "python");

const debianPrograms = { tmux: "tmux", "dbus-run-session": "dbus", "gnome-keyring-daemon": "gnome-keyring", chromium: "chromium" };
const pythonPackages = ["moto[server]==5.2.5", "awscli==1.46.3", "boto3==1.44.5"];

export function installPeers(): void {
  mkdirSync(peersFolder, { recursive: true });
  installDebianPrograms();
  if (!existsSync(keycloakFolder)) installKeycloak();
  if (!existsSync(join(python, "complete"))) installPython();
}

function installDebianPrograms(): void {
  const missing = Object.entries(debianPrograms).filter(([program]) => spawnSync("which", [program]).status !== 0);
  if (missing.length === 0) return;
  run("apt-get", ["update", "-q"]);
  run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...missing.map(([, name]) => name)]);
}

function installKeycloak(): void {
  const plugin = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack";
  run("mvn", ["-q", "-B", plugin, "-Dartifact=org.keycloak:keycloak-quarkus-dist:26.4.5:zip", `-DoutputDirectory=${peersFolder}`]);
  if (!existsSync(keycloakFolder)) throw new Error("Maven did not unpack Keycloak");
}

function installPython(): void {
  run("python3", ["-m", "venv", python]);
  run(join(python, "bin/pip"), ["install", "-q", ...pythonPackages]);
  run("touch", [join(python, "complete")]);
}

function run(program: string, args: readonly string[]): void {
  const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Maven leaves notes of what it unpacked in the current folder
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"], env: environment, cwd: peersFolder, timeout: 900_000 });
}
