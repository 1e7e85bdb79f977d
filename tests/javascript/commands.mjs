// An agency's system that looks at a petition, accepts it, and is refused what it may not: one line of JSON for each step.
// usage: node commands.mjs URL CREDENTIALS OFFICE CODE
import { readFileSync } from "node:fs";
import { connect, credsAuthenticator, headers } from "@nats-io/transport-node";

const [url, credentials, office, code] = process.argv.slice(2);
const nc = await connect({ servers: url, authenticator: credsAuthenticator(readFileSync(credentials)) });

async function ask(step, act, body, key) {
  const sent = headers();
  if (key) sent.set("Idempotency-Key", key);
  const answer = await nc.request(`agency.${office}.${act}.${code}`, JSON.stringify(body), { timeout: 5000, headers: sent });
  const said = answer.json();
  console.log(JSON.stringify({ step, status: Number(answer.headers.get("Caunoi-Status")), code: said.code, version: said.version }));
  return said;
}

const { version } = await ask("show", "show", {});
await ask("accept", "accept", { version }, "key-of-accepting");
await ask("again", "accept", { version }, "another-key");
await ask("unknown", "approve", { version }, "third-key");
await nc.close();
