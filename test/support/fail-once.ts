/** A failure that a test planned. */
export class PlannedFailure extends Error {
  override readonly name = "PlannedFailure";
}

/**
 * The same port, but one call of one method fails: before its effect (nothing happened) or after it (it happened and the answer is lost).
 * @param call which call of the method, from 0.
 */
export function failOnce<Port extends object>(port: Port, method: keyof Port, when: "before" | "after", call = 0): Port {
  let calls = 0;
  return new Proxy(port, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      if (name !== method) return value.bind(target) as unknown;
      return async (...given: unknown[]): Promise<unknown> => {
        const fails = calls++ === call;
        if (fails && when === "before") throw new PlannedFailure(`${String(method)} was not done`);
        const answer: unknown = await (value as (...given: unknown[]) => unknown).apply(target, given);
        if (fails) throw new PlannedFailure(`${String(method)} was done and its answer is lost`);
        return answer;
      };
    },
  });
}
