// Sends requests that clients in JavaScript sign: a job on each line of the input, an answer on each of the output.

import http from "node:http";
import readline from "node:readline";
import { createRequire } from "node:module";

// Where the packages are that `.ci/install` has put beside nothing of ours.
const require = createRequire(process.env.SIGNERS + "/");
const aws4 = require("aws4");
const { AwsClient } = require("aws4fetch");
const { SignatureV4 } = require("@smithy/signature-v4");
const { Sha256 } = require("@aws-crypto/sha256-js");

// Sends what has been signed as it is.
function send({ method, path, headers, body }, url) {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const request = http.request({ hostname, port, method, path, headers }, (answer) => {
      let text = "";
      answer.on("data", (piece) => (text += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, body: text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

// Path and query as they are in the URL: `URL` would write some of them otherwise.
const target = (url) => url.replace(/^http:\/\/[^/]*/, "");

const credentials = (job) => ({
  accessKeyId: job.id,
  secretAccessKey: job.secret,
  sessionToken: job.token || undefined,
});

function smithy(job) {
  const signer = new SignatureV4({
    service: "execute-api",
    region: job.region,
    credentials: credentials(job),
    sha256: Sha256,
  });
  const { hostname, port, host } = new URL(job.url);
  const [path, search] = target(job.url).split("?");
  const query = {};
  for (const [name, value] of new URLSearchParams((search ?? "").replaceAll("+", "%2B"))) {
    query[name] = name in query ? [query[name], value].flat() : value;
  }
  const headers = { ...job.headers, host };
  const request = { method: job.method, protocol: "http:", hostname, port: +port, path, query, headers, body: job.body };
  return { signer, request };
}

const written = ({ method, path, query, headers, body }) => {
  const encode = (text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
  const parameters = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map((one) => `${encode(name)}=${encode(one)}`),
  );
  return { method, path: path + (parameters.length ? "?" + parameters.join("&") : ""), headers, body };
};

const clients = {
  aws4: (job) => {
    const { method, body, headers } = job;
    const { host } = new URL(job.url);
    const request = { host, method, path: target(job.url), headers, body, service: "execute-api", region: job.region };
    return send({ ...aws4.sign(request, credentials(job)), body }, job.url);
  },
  aws4fetch: async (job) => {
    const client = new AwsClient({ ...credentials(job), service: "execute-api", region: job.region, retries: 0 });
    const { method, headers } = job;
    const answer = await client.fetch(job.url, { method, headers, body: job.body || undefined });
    return { status: answer.status, body: await answer.text() };
  },
  smithy: async (job) => {
    const { signer, request } = smithy(job);
    return send(written(await signer.sign(request)), job.url);
  },
  "smithy-presigned": async (job) => {
    const { signer, request } = smithy(job);
    return send(written(await signer.presign(request, { expiresIn: 60 })), job.url);
  },
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  console.log(JSON.stringify(await clients[job.client](job)));
}
