// Times MJML and juice on what comes on standard input: {html, articles, title, rounds}; prints seconds of processor time for one edition.
import { readFileSync } from "node:fs";
import juice from "juice";
import mjml2html from "mjml";

const { html, articles, title, rounds } = JSON.parse(readFileSync(0, "utf8"));
const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

const related = (others) =>
  others.length === 0 ? "" : `
    <mj-text css-class="related" font-weight="700" font-size="16px">Weitere Artikel zum Thema</mj-text>
    <mj-text font-size="15px" line-height="23px"><ul>${others.map((other) => `
      <li><a href="${escape(other.url)}">${escape(other.title)}</a><br/>${escape(other.date)}<br/>${escape(other.teaser)}</li>`).join("")}
    </ul></mj-text>`;

const story = (article) => `
  <mj-section background-color="#ffffff" border-top="1px solid #d5dce4"><mj-column>
    <mj-text color="#0b5cad" font-size="14px" font-weight="700">${escape(article.kicker)}</mj-text>
    <mj-text font-size="24px" line-height="30px" font-weight="700"><h2>${escape(article.headline)}</h2></mj-text>
    <mj-text color="#5a6573" font-size="14px">${escape(article.date)}</mj-text>
    <mj-text font-size="16px" line-height="26px">${escape(article.teaser)}</mj-text>
    <mj-text font-size="16px"><a href="${escape(article.url)}">Weiterlesen: ${escape(article.headline)}</a></mj-text>
    <mj-text color="#5a6573" font-size="14px">Quelle: ${escape(article.source)}</mj-text>${related(article.related)}
  </mj-column></mj-section>`;

const template = () => `<mjml lang="de"><mj-head><mj-title>${escape(title)}</mj-title>
  <mj-attributes><mj-all font-family="Segoe UI, Roboto, Helvetica, Arial, sans-serif" color="#1b2330"/></mj-attributes>
  <mj-style inline="inline">a { color: #0b5cad; text-decoration: underline } h2 { margin: 0 0 10px 0 }</mj-style>
  <mj-style>@media (prefers-color-scheme: dark) { body { background: #0f1419 !important } }</mj-style></mj-head>
  <mj-body width="600px" background-color="#edf0f4"><mj-section background-color="#ffffff"><mj-column>
    <mj-text font-size="36px" font-weight="700"><h1>${escape(title)}</h1></mj-text>
    <mj-text font-size="15px"><ol>${articles.map((article) => `<li>${escape(article.headline)}</li>`).join("")}</ol></mj-text>
  </mj-column></mj-section>${articles.map(story).join("")}</mj-body></mjml>`;

const best = (work) => {
  work();
  let seconds = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    work();
    const used = process.cpuUsage(start);
    seconds = Math.min(seconds, (used.user + used.system) / 1e6);
  }
  return seconds;
};

const made = mjml2html(template());
if (made.errors.length > 0) throw new Error(made.errors[0].formattedMessage);
console.log(JSON.stringify({
  mjml: best(() => mjml2html(template())),
  mjml_kilobytes: Math.round(Buffer.byteLength(made.html) / 1024),
  juice: best(() => juice(html, { preserveImportant: true })),
}));
