// An agency's client whose credentials end while it is connected: says when it is in, why it is cut off, and why it does not get in again.
// usage: node revoked.mjs URL CREDENTIALS
import { readFileSync } from "node:fs";
import { connect, credsAuthenticator } from "@nats-io/transport-node";

const [url, credentials] = process.argv.slice(2);
const options = { servers: url, authenticator: credsAuthenticator(readFileSync(credentials)), reconnect: false };
const say = (step, why) => console.log(JSON.stringify({ step, why: String(why ?? "") }));

const nc = await connect(options);
const told = [];
(async () => {
  for await (const status of nc.status()) if (status.type === "error") told.push(status.error.message);
})();
say("in");
const why = await nc.closed();
say("cut", why ?? told.join(" "));
try {
  await connect(options);
  say("in again");
} catch (error) {
  say("refused", error);
}
