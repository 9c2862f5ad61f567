internal import Domain

/// The forms of sales in requests and answers.
enum SaleSchema {
  static let draft = Schema.object([
    .required("name", name), .required("opens_at", opensAt), .required("closes_at", closesAt),
    .required("items", items),
    .optional("market", Schema.market.nullable.described("The tenant's own by default.")),
    .optional("cell", cell), .optional("acknowledge", acknowledge),
    .optional("rate_policy", ratePolicy.nullable),
    .optional("reservation_seconds", reservationSeconds.nullable),
    .optional("room_id", room.nullable),
  ]).named("SaleDraft")

  static let change = Schema.object([
    .optional("name", name),
    .optional("opens_at", opensAt.described("Only before the sale takes its stock.")),
    .optional("closes_at", closesAt), .optional("acknowledge", acknowledge),
    .optional("rate_policy", ratePolicy.nullable),
    .optional("reservation_seconds", reservationSeconds.nullable),
    .optional("room_id", room.nullable),
  ]).named("SaleChange")

  static let sale = Schema.object([
    .required("sale_id", .identifier), .required("name", name), .required("market", .market),
    .required("opens_at", opensAt), .required("closes_at", closesAt), .required("items", items),
    .required(
      "state",
      Schema.oneOf(SaleState.self).described(
        "Its stock comes before it opens and goes back once it has closed.")),
    .required("cell", cell),
    .required("cell_name", Schema.string.described("The cell that decides its orders.")),
    .required("acknowledge", acknowledge), .required("room_id", room.nullable),
    .required("rate_policy", ratePolicy.nullable),
    .required("reservation_seconds", reservationSeconds.nullable),
    .required("version", Schema.integer.described("Counts the changes.")),
    .required("created_at", .instant), .required("updated_at", .instant),
  ]).named("Sale")

  // MARK: Parts

  private static let name = Schema.text(SaleTerms.Bounds.nameLength)
  private static let opensAt = Schema.instant.described("From then on orders are taken.")
  private static let closesAt = Schema.instant.described("From then on none are.")
  private static let cell = Schema.oneOf(SaleFields.Cell.self).described(
    "Beside everything else of its market, or in a cell of its own; shared by default.")
  private static let acknowledge = Schema.oneOf(Acknowledgement.self).described(
    "When an order is answered: hot, once Redis has it; ledger, once Postgres has it.")
  private static let reservationSeconds = Schema.integer(OrderBounds.reservationSeconds).described(
    "How long an order waits for its payment; as the node is set without it.")
  private static let room = Schema.identifier.described(
    "The waiting room that buyers come through.")
  private static let ratePolicy = RatePolicyFields.schema(
    of: "Orders", scopes: SaleFields.rateScopes
  ).named("SaleRatePolicy")

  private static let items = Schema.list(
    of: Schema.object([
      .required("sku", .sku),
      .required(
        "quantity", Schema.integer(StockTerms.Bounds.quantity).described("From the open stock.")),
      .required("price", Schema.money.described("For one piece.")),
      .optional(
        "per_user_limit",
        Schema.integer(SaleFields.perUserLimit).nullable.described(
          "Pieces that one user may reserve and buy. What was paid for goes on to count when it is given back."
        )),
    ]).named("SaleItem"), count: SaleTerms.Bounds.items)
}
