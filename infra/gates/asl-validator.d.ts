/** The validator has no types of its own. */
declare module "asl-validator" {
  export default function validate(definition: Readonly<Record<string, unknown>>): {
    readonly isValid: boolean;
    errorsText(separator?: string): string;
  };
}
