import { createServer, type AddressInfo, type Server, type Socket } from "node:net";

/** A mail server of RFC 5321's smallest kind, which keeps what it is given. */
export class MailServer {
  readonly mails: { readonly to: readonly string[]; readonly text: string }[] = [];
  /** Refuses everybody while set. */
  isAway = false;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => this.#talk(socket));
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): Promise<unknown> {
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #talk(socket: Socket): void {
    let held = "";
    let isData = false;
    let to: string[] = [];
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const hear = (line: string): void => {
      if (/^(EHLO|HELO)/i.test(line)) say("250 here");
      else if (/^MAIL/i.test(line)) say(this.isAway ? "451 later" : "250 fine");
      else if (/^RCPT TO:<([^>]*)>/i.test(line)) {
        to.push(/<([^>]*)>/.exec(line)![1]!);
        say("250 fine");
      } else if (/^DATA/i.test(line)) {
        isData = true;
        say("354 go on");
      } else if (/^QUIT/i.test(line)) socket.end("221 bye\r\n");
      else say("250 fine");
    };
    socket.on("error", () => {});
    say("220 here");
    socket.on("data", (chunk: Buffer) => {
      held += chunk.toString("utf8");
      for (;;) {
        const end = isData ? held.indexOf("\r\n.\r\n") : held.indexOf("\r\n");
        if (end < 0) return;
        const text = held.slice(0, end);
        held = held.slice(end + (isData ? 5 : 2));
        if (isData) {
          this.mails.push({ to, text });
          to = [];
          isData = false;
          say("250 taken");
        } else hear(text);
      }
    });
  }
}
