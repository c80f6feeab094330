// nodemailer's pool, as its manual shows it: node pool.mjs PORT COUNT SIZE CONNECTIONS
import nodemailer from "nodemailer";

const [port, count, size, connections] = process.argv.slice(2).map(Number);
const transport = nodemailer.createTransport({
  host: "127.0.0.1", port, secure: false, ignoreTLS: true,
  pool: true, maxConnections: connections, maxMessages: Infinity,
});
const text = ("x".repeat(70) + "\n").repeat(Math.floor(size / 72));
let next = 0;
const work = async () => {
  while (next < count) {
    const number = next++;
    await transport.sendMail({
      from: "news@example.org", to: `r${number}@example.org`, subject: "News",
      text: `Hello reader ${number},\n\n${text}`,
    });
  }
};
const started = process.hrtime.bigint();
await Promise.all(Array.from({ length: connections * 2 }, work));
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
transport.close();
console.log(count / seconds);
