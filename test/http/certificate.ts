/** A self-signed certificate made on the spot, so that no private key lies in the repository (RFC 5280, encoded by hand). */

import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

const ECDSA_SHA256 = der(0x30, Buffer.from("06082a8648ce3d040302", "hex"));
const COMMON_NAME = Buffer.from("0603550403", "hex");
const SUBJECT_ALT_NAME = Buffer.from("0603551d11", "hex");
const BASIC_CONSTRAINTS = Buffer.from("0603551d13", "hex");

/** For 127.0.0.1 and these names and IPv4 addresses; it is its own authority. */
export function makeCertificate(...names: string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const version = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)]));
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from("test")))));
  const validity = der(0x30, der(0x17, Buffer.from("200101000000Z")), der(0x17, Buffer.from("490101000000Z")));
  const alternatives = ["127.0.0.1", ...names].map((each) =>
    isIPv4(each) ? der(0x87, Buffer.from(each.split(".").map(Number))) : der(0x82, Buffer.from(each)),
  );
  const extensions = [
    der(0x30, SUBJECT_ALT_NAME, der(0x04, der(0x30, ...alternatives))),
    der(0x30, BASIC_CONSTRAINTS, der(0x01, Buffer.from([255])), der(0x04, der(0x30, der(0x01, Buffer.from([255]))))),
  ];
  const keyInfo = publicKey.export({ type: "spki", format: "der" });
  const body = der(0x30, version, serial, ECDSA_SHA256, name, validity, name, keyInfo, der(0xa3, der(0x30, ...extensions)));
  const signature = der(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  const text = der(0x30, body, ECDSA_SHA256, signature)
    .toString("base64")
    .match(/.{1,64}/g)!
    .join("\n");
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}
