/**
 * Sends pictures to a server from several clients at once: node load.mjs URL CLIENTS SECONDS
 * PICTURE...; prints JSON. Each client keeps its connection and asks again as soon as it is
 * answered.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";

const [url, clients, seconds, ...pictures] = process.argv.slice(2);
const boundary = "sigil-bench";
const bodies = pictures.map((path) =>
  Buffer.concat([
    Buffer.from(
      `--${boundary}\r\ncontent-disposition: form-data; name="images"; filename="a"\r\n\r\n`,
    ),
    readFileSync(path),
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]),
);
const agent = new Agent({ keepAlive: true, maxSockets: Number(clients) });

/** Whether the answer was right, and an embedding. */
const ask = (body) =>
  new Promise((resolve) => {
    const sent = request(
      url,
      {
        agent,
        method: "POST",
        headers: {
          "content-type": `multipart/form-data; boundary=${boundary}`,
          "content-length": body.length,
        },
      },
      (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", () => resolve(false));
        response.on("end", () =>
          resolve(response.statusCode === 200 && Buffer.concat(parts).includes("image_embeds")),
        );
      },
    );
    sent.on("error", () => resolve(false));
    sent.end(body);
  });

const milliseconds = [];
let errors = 0;
let next = 0;
const begin = performance.now();
const until = begin + 1000 * Number(seconds);
await Promise.all(
  Array.from({ length: Number(clients) }, async () => {
    while (performance.now() < until) {
      const sent = performance.now();
      if (await ask(bodies[next++ % bodies.length])) milliseconds.push(performance.now() - sent);
      else errors++;
    }
  }),
);
const took = (performance.now() - begin) / 1000;
milliseconds.sort((a, b) => a - b);
const quantile = (part) => milliseconds[Math.floor(part * milliseconds.length)] ?? null;
console.log(
  JSON.stringify({
    answered: milliseconds.length,
    errors,
    perSecond: milliseconds.length / took,
    p50: quantile(0.5),
    p99: quantile(0.99),
  }),
);
agent.destroy();
