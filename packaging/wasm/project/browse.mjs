// Serves this folder on loopback, opens page.html in headless Chromium, and prints what the page posts.
//
// usage: node browse.mjs
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const SECONDS = 120;
const TYPES = { html: "text/html", js: "text/javascript", wasm: "application/wasm" };

const server = createServer(async (request, response) => {
    if (request.method === "POST") {
        let verdicts = "";
        for await (const chunk of request) {
            verdicts += chunk;
        }
        console.log(verdicts);
        response.end(() => end(0));
        return;
    }
    try {
        const content = await readFile(`.${request.url}`);
        response.setHeader("Content-Type", TYPES[request.url.split(".").at(-1)] ?? "text/plain");
        response.end(content);
    } catch {
        response.writeHead(404).end();
    }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const page = `http://127.0.0.1:${server.address().port}/page.html`;
const options = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${process.cwd()}/profile`];
const browser = spawn("chromium", [...options, page], { stdio: "ignore" });

function end(status) {
    browser.once("exit", () => process.exit(status));
    browser.kill();
}
browser.once("error", (error) => {
    console.error(`chromium does not start: ${error.message}`);
    process.exit(1);
});
setTimeout(() => {
    console.error(`the page posted nothing within ${SECONDS} seconds`);
    end(1);
}, SECONDS * 1000);
