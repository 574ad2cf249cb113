import type { StatusMeaning } from "../../domain/status.ts";
import { eventCodes as expressCodes } from "../dhl-express/statuses.ts";
import { statusTable } from "../status-table.ts";
import { parcelNl } from "./parcel-nl-statuses.ts";

/**
 * Status codes of DHL's divisions (`service`), by the list of status codes that DHL publishes for its Unified tracking, state of 2024-06 (read
 * 2026-11-26 in a public repository). They stand in `status` or `statusDetailed`. A code that is left out says no more than the `statusCode` beside
 * it (a hub, a ferry, a label), or nothing of where the parcel is (a notice to the recipient, a payment, an image). What lies at a shop or
 * locker waits there, also where DHL's list counts it as delivered.
 */
const ecommerce = statusTable([
  ["info_received", null, "109 128 129 235 238 400 445"],
  ["info_received", "sender:not_handed_over", "134 135"],
  ["in_transit", null, "130 132 360 361 402 442 449 452 464 502 530 534"],
  ["in_transit", "carrier:delayed", "450 592 593"],
  ["in_transit", "carrier:misrouted", "546 640 641 670 671"],
  ["in_transit", "customs:processing", "441 447 463 501 509 588"],
  ["in_transit", "recipient:rescheduled", "581 609 616"],
  ["in_transit", "transit:forwarded", "162"],
  ["out_for_delivery", null, "544 558 580 583 597 598"],
  ["available_for_pickup", null, "116 469 522 560 565 570 585 599 601"],
  ["delivery_attempt_failed", null, "550 553 554 563 571 595 596 615 629 638 639 651"],
  ["delivery_attempt_failed", "recipient:absent", "551 552 556 594 613 844"],
  ["delivery_attempt_failed", "recipient:business_closed", "555 564 612"],
  ["delivery_attempt_failed", "recipient:refused", "608 610 611 619"],
  ["delivery_attempt_failed", "recipient:payment_due", "614"],
  ["delivery_attempt_failed", "carrier:no_access", "605"],
  ["delivery_attempt_failed", "carrier:capacity", "665"],
  ["exception", null, "107 312 358 573 625 626 644 650 680 699 770 809"],
  ["exception", "carrier:damaged", "620 623"],
  ["exception", "carrier:lost", "690"],
  ["exception", "carrier:disposed", "636 780 825"],
  ["exception", "customs:held", "443 453 506 507 508"],
  ["exception", "customs:refused", "448"],
  ["exception", "customs:payment_due", "240 242 503"],
  ["exception", "recipient:address_incorrect", "630 631 633 683 689 691 700 710 740 750"],
  ["exception", "recipient:moved", "582 632 686 720 730"],
  ["exception", "recipient:not_collected", "693 760"],
  ["exception", "sender:cancelled", "101 604"],
  [
    "exception",
    "transit:returning",
    "108 603 624 627 628 637 800 804 805 806 808 810 811 813 815 816 817 818 820 821 849 853 854 855 856 857 858 859 862 880 881 882 883 884 885 886 887",
  ],
  ["returned", null, "602 802 860 863 864"],
  ["delivered", null, "600 607 621 658"],
  ["delivered", "delivered:collected", "572"],
  ["delivered", "delivered:neighbour", "606 656"],
  ["delivered", "delivered:mailbox", "657"],
  ["delivered", "delivered:safe_place", "161 652 653 654 655 659"],
]);

const ecommerceEurope = statusTable([
  ["info_received", null, "1 254 367 368 369 370"],
  ["in_transit", null, "2 9 47 130 133"],
  ["in_transit", "customs:processing", "258"],
  ["in_transit", "recipient:rescheduled", "53 56 57 58 59 60 61 62 141 142 172 194"],
  ["out_for_delivery", null, "42"],
  ["available_for_pickup", null, "43 44 45 46"],
  ["delivery_attempt_failed", null, "72 82 154 156 161 217 222 223 253 330"],
  ["delivery_attempt_failed", "recipient:absent", "73 74 75 85 372"],
  ["delivery_attempt_failed", "recipient:refused", "76 207 208 209 210 211"],
  ["delivery_attempt_failed", "recipient:payment_due", "77 78 86 214 215"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "79 80 206"],
  ["delivery_attempt_failed", "recipient:moved", "81"],
  ["delivery_attempt_failed", "recipient:rescheduled", "218 219"],
  ["delivery_attempt_failed", "recipient:business_closed", "87 90 96 395"],
  ["delivery_attempt_failed", "carrier:capacity", "88 91 93 97 265"],
  ["delivery_attempt_failed", "carrier:no_access", "94 392"],
  ["delivery_attempt_failed", "sender:packaging", "89 92 95 98 200"],
  ["delivery_attempt_failed", "transit:forwarded", "159"],
  ["delivery_attempt_failed", "weather:delayed", "264"],
  ["exception", null, "269"],
  ["exception", "carrier:capacity", "267"],
  ["exception", "carrier:damaged", "83"],
  ["exception", "recipient:payment_due", "268"],
  ["exception", "weather:delayed", "266"],
  ["exception", "transit:returning", "99 100 101 102 149 151 152 155 157 160 248 249 259 363 364 365"],
  ["returned", null, "366"],
  ["delivered", null, "63 64 69 70 71 306"],
  ["delivered", "delivered:collected", "65 66 67 68"],
]);

const ecommercePpl = statusTable([
  ["info_received", null, "900"],
  ["in_transit", null, "150 300 500"],
  ["in_transit", "recipient:rescheduled", "460"],
  ["out_for_delivery", null, "400"],
  ["available_for_pickup", null, "343"],
  ["delivery_attempt_failed", "recipient:refused", "464"],
  ["exception", "carrier:lost", "997"],
  ["exception", "sender:cancelled", "999"],
  ["delivered", null, "450"],
]);

const parcelPl = statusTable([
  ["info_received", null, "EDWP"],
  ["in_transit", null, "DWP EDC EXC LP LW LW_PL SORT SP_DW SP_DWP SP_PU WEJPL WYJPL"],
  ["in_transit", "customs:processing", "EDB EXA SEC"],
  ["in_transit", "recipient:rescheduled", "PNPT PO18 PSHOP SOB"],
  ["in_transit", "transit:forwarded", "AWI_SPCAP SAS ZA ZAIT"],
  ["out_for_delivery", null, "KWC LK TRM2"],
  ["available_for_pickup", null, "DOR_POC DOR_SP OWL OWL_KP OWL_ONO OWL_PS_KP OWL_PS_ONO OWL_SP_KP OWL_SP_ONO SP_DSP SP_KP SP_PA"],
  ["delivery_attempt_failed", null, "AWI_NSP ZWW"],
  ["delivery_attempt_failed", "recipient:absent", "AWI AWI_DP2 AWI_ONU AWI_SAS"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "AN AN_BO AN_RA AN_SAS"],
  ["delivery_attempt_failed", "recipient:payment_due", "BRG BRG_SAS"],
  [
    "delivery_attempt_failed",
    "recipient:refused",
    "OP OP_BWER OP_COD OP_DUB OP_OTH OP_PLA OP_PNK OP_REZ OP_ROD OP_SAS OP_TNZ OP_UMO OP_USK OP_USP",
  ],
  ["delivery_attempt_failed", "carrier:no_access", "AWI_OZ"],
  ["delivery_attempt_failed", "carrier:capacity", "SP_CAP"],
  ["exception", null, "CC PNK SP_ZAM"],
  ["exception", "sender:cancelled", "SP_CN"],
  ["exception", "sender:documents_missing", "AWI_ROD"],
  ["exception", "transit:returning", "AWI_CZAS OP_DO OP_DOK REZ SP_KZW SP_OP SP_TO SP_ZWR ZWR ZWR_AN ZWR_OP ZWR_WER ZWR_ZB ZWR_ZT"],
  ["returned", null, "ZWN"],
  ["delivered", null, "DOR DOR_OTH DOR_RDZ"],
  ["delivered", "delivered:collected", "DOR_OWL PPDOR SP_DOR"],
  ["delivered", "delivered:neighbour", "DOR_SAS"],
  ["delivered", "delivered:safe_place", "DOR_LOK"],
]);

/** Letters of Deutsche Post. The money of a cash-on-delivery letter and its confirmations follow a delivery. */
const svb = statusTable([
  ["info_received", null, "ANNOUNCED"],
  ["in_transit", null, "POSTED POSTED_ARRIVED POSTED_MAIL_TERMINAL"],
  ["in_transit", "customs:processing", "HANDOVER_CUSTOMS IP_CUSTOMS"],
  ["in_transit", "transit:forwarded", "REDIRECTED"],
  ["out_for_delivery", null, "IN_DELIVERY"],
  ["available_for_pickup", null, "NOTIFIED NOTIFIED_KEY_ACCOUNT NOTIFIED_PACKSTATION NOTIFIED_PO_BOX"],
  ["delivery_attempt_failed", null, "DELIVERY_ATTEMPTED"],
  ["exception", "customs:held", "HELD_BY_CUSTOMS"],
  ["exception", "transit:returning", "SENT_BACK SENT_BACK_ABROAD"],
  ["returned", null, "RETURNED_TO_SENDER"],
  ["delivered", null, "DELIVERED DELIVERED_ZU_NOT_OK DELIVERED_ZU_OK"],
  [
    "delivered",
    "delivered:collected",
    "FETCHED FETCHED_KEY_ACCOUNT_PENDING_DELIVERY_CONFIRMATION FETCHED_NOTIFIED FETCHED_PACKSTATION FETCHED_PENDING_DELIVERY_CONFIRMATION FETCHED_PO_BOX_PENDING_DELIVERY_CONFIRMATION",
  ],
]);

const freight = statusTable([
  ["info_received", null, "ACT-2 64-0 48-0 15-501"],
  ["info_received", "sender:not_handed_over", "55-211 55-68 55-21 55-126 55-240 55-241 55-265 55-294 55-20 55-266 55-234"],
  ["in_transit", null, "12-0 13-0 24-0"],
  ["in_transit", "recipient:rescheduled", "20-208 20-209"],
  ["in_transit", "carrier:delayed", "20-354"],
  ["in_transit", "weather:delayed", "20-266"],
  ["out_for_delivery", null, "24-501"],
  ["available_for_pickup", null, "20-13"],
  ["delivery_attempt_failed", "recipient:absent", "56-211"],
  ["delivery_attempt_failed", "recipient:business_closed", "20-211"],
  ["delivery_attempt_failed", "recipient:refused", "56-292 56-284 56-611 56-241"],
  ["delivery_attempt_failed", "recipient:address_incorrect", "20-234"],
  ["exception", "customs:held", "20-126"],
  ["exception", "carrier:delayed", "20-270"],
  ["exception", "recipient:payment_due", "20-296"],
  ["exception", "sender:cancelled", "7-0"],
  ["exception", "transit:returning", "56-222"],
  ["delivered", null, "21-0 21-234 21-600 24-600"],
  ["delivered", "delivered:partial", "21-23"],
]);

const forwarding = statusTable([
  ["info_received", null, "DATA_SUBMITTED"],
  ["in_transit", null, "PICKUP_SUCCESSFUL ARRIVED CLEARED_BY_CUSTOMS"],
  ["in_transit", "customs:processing", "ARRIVED_AT_CUSTOMS"],
  ["out_for_delivery", null, "OUT_FOR_DELIVERY"],
  ["exception", null, "DELIVERY_EXCEPTION"],
  ["exception", "customs:held", "HELD_AT_CUSTOMS"],
  ["delivered", null, "DELIVERED"],
]);

/** `service` as DHL writes it. `parcel-de` has its own parts (`dhl-parcel-de/statuses.ts`). */
export const serviceStatuses: ReadonlyMap<unknown, ReadonlyMap<string, StatusMeaning>> = new Map<
  unknown,
  ReadonlyMap<string, StatusMeaning>
>([
  ["dgf", forwarding],
  ["ecommerce", ecommerce],
  ["ecommerce-europe", ecommerceEurope],
  ["ecommerce-ppl", ecommercePpl],
  ["express", expressCodes],
  ["freight", freight],
  ["parcel-nl", parcelNl],
  ["parcel-pl", parcelPl],
  ["svb", svb],
]);
