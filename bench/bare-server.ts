import fastify from "fastify";

/** The baseline: takes a raw body and answers 202, or a constant to a GET. */
const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
app.post("/hook", (_request, reply) => {
  reply.code(202).type("application/json").send('{"receipt":"00000000-0000-0000-0000-000000000000"}');
});
// What the product answers to a cached read, so that both send the same bytes.
const constant = process.env["BENCH_ANSWER"] ?? "{}";
app.get("/constant", (_request, reply) => {
  reply.type("application/json").send(constant);
});
process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
