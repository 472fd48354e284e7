import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Certificate {
  /** Files in PEM. */
  authority: string;
  certificate: string;
  key: string;
  /** SHA-256 of the public key, as Chromium takes it for `--ignore-certificate-errors-spki-list`. */
  spki: string;
}

/** An authority of the laboratory's own, and a certificate of it for `name`. */
export function makeCertificate(dir: string, name: string): Certificate {
  const at = (file: string) => join(dir, file);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "2",
    "-subj",
    "/CN=laboratory",
    "-keyout",
    at("ca.key"),
    "-out",
    at("ca.pem"),
  );
  openssl("req", ...newKey, "-subj", `/CN=${name}`, "-keyout", at("turn.key"), "-out", at("turn.csr"));
  writeFileSync(at("names"), `subjectAltName=DNS:${name}`);
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", at("turn.csr"), ...signed, "-out", at("turn.pem"), "-extfile", at("names"));
  const { publicKey } = new X509Certificate(readFileSync(at("turn.pem")));
  const spki = createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("base64");
  return { authority: at("ca.pem"), certificate: at("turn.pem"), key: at("turn.key"), spki };
}
