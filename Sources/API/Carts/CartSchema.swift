internal import Domain

/// The forms of carts in requests and answers.
enum CartSchema {
  static let quantity = Schema.object([
    .required(
      "quantity",
      Schema.integer(CartBounds.quantity).described("Pieces, instead of those that are there."))
  ]).named("CartItemQuantity")

  static let couponChoice = Schema.object([.required("coupon_id", .identifier)]).named(
    "CartCouponChoice")

  static let cart = Schema.object([
    .required("market", .market),
    .required("sale_id", Schema.identifier.nullable),
    .required(
      "version",
      Schema.integer.described("The number in ETag; If-Match takes it. 0 for an empty cart.")),
    .required("items", .list(of: item, limit: CartBounds.items)),
    .required("subtotal", estimate("What all items that are sold here cost now.")),
    .required("discount", estimate("What the coupon takes off.")),
    .required("tax", estimate("The tax that comes on top.")),
    .required("shipping", estimate("What shipping costs.")),
    .required("total", estimate("What an order of all this would come to.")),
    .required("included_tax", estimate("The tax that the prices have in them.")),
    .required(
      "coupon", coupon.nullable.described("The coupon that the caller means to use.")),
    .required(
      "orderable",
      Schema.boolean.described(
        "Whether an order of all items, with the coupon if there is one, would be taken now.")),
    .required(
      "merged",
      merged.nullable.described(
        "What this request added of a guest's cart, if it did. A refusal tells it in its details.")),
    .required("updated_at", Schema.instant.nullable),
    .required(
      "expires_at",
      Schema.instant.nullable.described("When it is dropped, unless it is changed before.")),
  ]).named("Cart")

  private static let item = Schema.object([
    .required("sku", .sku),
    .required("product_id", Schema.identifier.nullable),
    .required("quantity", .integer(CartBounds.quantity)),
    .required("unit_price", Schema.money.nullable.described("For one piece, now.")),
    .required(
      "previous_price",
      Schema.money.nullable.described(
        "What one piece cost when its quantity was last set, where that is another price.")),
    .required("total", Schema.money.nullable),
    .required("available", Schema.integer.described("Pieces that there are now.")),
    .required("per_user_limit", Schema.integer.nullable),
    .required(
      "problems",
      Schema.list(of: .oneOf(CartProblem.self)).described(
        "All but price_changed keep an order of the item from being taken.")),
  ]).named("CartItem")

  private static let coupon = Schema.object([
    .required("coupon_id", .identifier),
    .required("eligible", Schema.boolean.described("It goes with an order of what is here now.")),
    .required("reason", Schema.string.nullable.described("Why not, as a word for programs.")),
    .required("explanation", Schema.string.nullable.described("The same for people.")),
  ]).named("CartCoupon")

  private static let merged = Schema.object([
    .required(
      "left_out",
      Schema.list(
        of: Schema.object([
          .required("sku", .sku), .required("quantity", .integer), .required("market", .market),
          .required("sale_id", Schema.identifier.nullable),
        ]).named("CartLeftover")
      ).described(
        "Pieces that bounds or limits kept out of the caller's carts, of this one and others."))
  ]).named("CartMerger")

  private static func estimate(_ text: String) -> Schema {
    Schema.money.nullable.described(
      "\(text) An estimate; null where nothing has a price, or prices are in several currencies.")
  }
}
