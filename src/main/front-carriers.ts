import type { Agreement } from "../domain/agreement.ts";
import type { Carriers, CarrierView } from "../ingress/services.ts";
import type { RegisterStore, TenantEntry } from "../store/register-store.ts";

/** No tenant has this id, and so no agreement. */
const nobody = "00000000-0000-0000-0000-000000000000";

/** The carrier register as the API shows it. */
export class FrontCarriers implements Carriers {
  readonly #store: RegisterStore;

  constructor(store: RegisterStore) {
    this.#store = store;
  }

  async list(tenant: string | null): Promise<readonly CarrierView[]> {
    return (await this.#store.of(tenant ?? nobody)).map(carrierView);
  }

  async agree(tenant: string, source: string, agreement: Agreement): Promise<CarrierView | null> {
    const isKnown = await this.#store.agree(tenant, source, agreement, "operator");
    return isKnown ? ((await this.list(tenant)).find((carrier) => carrier.source === source) ?? null) : null;
  }
}

function carrierView({ entry, version, validFrom, agreementVersion }: TenantEntry): CarrierView {
  const { source, legalName, country, ultimateOwner, role, contract, transferTool, lawfulBasis, hosts, fieldsAllowed, path, push } = entry;
  const facts = { source, legalName, country, ultimateOwner, role, contract, transferTool, lawfulBasis, hosts, fieldsAllowed, path, push };
  return { ...facts, version, validFrom: validFrom.toISOString(), agreementVersion, health: null };
}
