// An agency's client that tries to get more than its own: one line of JSON for each step.
// usage: node refusals.mjs URL CREDENTIALS REQUESTS
import { readFileSync } from "node:fs";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";

const [url, credentials, requests] = process.argv.slice(2);
const wanted = JSON.parse(readFileSync(requests, "utf-8"));
const say = (step, facts) => console.log(JSON.stringify({ step, ...facts }));

const nc = await connect({ servers: url, authenticator: credsAuthenticator(readFileSync(credentials)), reconnect: false });
const violations = [];
(async () => {
  for await (const status of nc.status()) {
    if (status.type === "error") violations.push(String(status.error.message));
  }
})();
const words = (what, subject) => `permissions violation for ${what} to "${subject.toLowerCase()}"`;
const isRefused = (what, subject) => violations.some((each) => each.toLowerCase().includes(words(what, subject)));

const jsm = await jetstreamManager(nc, { checkAPI: false });
await jsm.consumers.add(wanted.stream, { durable_name: "javascript", ack_policy: "explicit", deliver_policy: "all" });
const consumer = await jetstream(nc).consumers.get(wanted.stream, "javascript");
let count = 0;
while (count < wanted.events) {
  for await (const message of await consumer.fetch({ max_messages: 10, expires: 1000 })) {
    message.ack();
    count += 1;
  }
}
say("read", { count });

const allowed = [];
let refused = 0;
await Promise.all(
  wanted.requests.map(async ([what, subject, body]) => {
    try {
      const answer = await nc.request(subject, body, { timeout: 1000 });
      allowed.push([what, answer.string()]);
    } catch (error) {
      if (String(error).toLowerCase().includes(words("publish", subject))) refused += 1;
      else allowed.push([what, String(error)]);
    }
  }),
);
say("requests", { allowed, refused });

const opened = [];
for (const subject of wanted.subscriptions) {
  nc.subscribe(subject, { callback: () => {} });
  await nc.flush();
}
const areRefused = () => wanted.subscriptions.every((subject) => isRefused("subscription", subject));
for (let turn = 0; turn < 1000 && !areRefused(); turn += 1) await nc.flush();
for (const subject of wanted.subscriptions) if (!isRefused("subscription", subject)) opened.push(subject);
say("subscriptions", { allowed: opened, refused: wanted.subscriptions.length - opened.length });
await nc.close();
