@testable import API
@testable import Domain

/// The reader of one kind of request body, as its route calls it.
struct BodyReader: Sendable {
  let name: String
  let read: @Sendable (FieldReader) throws(APIError) -> Void

  private init(_ name: String, _ read: @escaping @Sendable (FieldReader) throws(APIError) -> Void) {
    self.name = name
    self.read = read
  }

  static let all: [BodyReader] =
    offers + goods + money + [
      BodyReader("order") { fields throws(APIError) in _ = try OrderBodyReader.read(fields) },
      BodyReader("refund") { fields throws(APIError) in _ = try RefundReader.read(fields) },
      BodyReader("transition") { fields throws(APIError) in
        _ = try OrderReturnReader.transition(fields)
        _ = try OrderReturnReader.reason(fields)
        try text(fields.required("reason"), OrderFields.reasonLength)
      },
      BodyReader("cart line") { fields throws(APIError) in
        _ = try fields.required("quantity").integer(in: CartBounds.quantity)
      },
      BodyReader("cart coupon") { fields throws(APIError) in
        _ = try fields.required("coupon_id").identifier()
      },
    ]

  private static let tenant = Tenant(id: TenantID("shop")!, name: "Shop", defaultMarket: "KR")
  private static let sku = SKU("A-1")!
  private static let user = UserID("user")!
  private static let now = Instant(seconds: 1_800_000_000)

  /// Texts must fit where they are kept: PostgreSQL counts code points.
  private static func text(
    _ field: Field, _ length: ClosedRange<Int>, prose: Bool = false
  ) throws(APIError) {
    let text = prose ? try field.prose(length: length) : try field.text(length: length)
    guard length.contains(text.unicodeScalars.count) else { throw broken }
  }

  /// No refusal of a reader: the surface takes it for a breach.
  private static let broken = APIError(
    .conflict, details: ["field": "text", "reason": "is longer than what keeps it allows"])

  private static let offers = [
    BodyReader("campaign") { fields throws(APIError) in
      _ = try CampaignReader.draft(fields)
      try text(fields.required("name"), CampaignTerms.Bounds.nameLength)
    },
    BodyReader("campaign change") { fields throws(APIError) in
      _ = try CampaignReader.change(fields)
    },
    BodyReader("sale") { fields throws(APIError) in
      _ = try SaleReader.draft(fields)
      try text(fields.required("name"), SaleTerms.Bounds.nameLength)
    },
    BodyReader("sale change") { fields throws(APIError) in _ = try SaleReader.change(fields) },
    BodyReader("room") { fields throws(APIError) in
      _ = try RoomReader.draft(fields)
      try text(fields.required("name"), RoomTerms.Bounds.nameLength)
    },
    BodyReader("room change") { fields throws(APIError) in _ = try RoomReader.change(fields) },
    BodyReader("revocation") { fields throws(APIError) in
      _ = try RoomReader.revokesAll(fields)
      _ = try RoomReader.users(fields)
      _ = try RoomReader.ticket(fields)
    },
    BodyReader("recall") { fields throws(APIError) in
      try text(fields.required("reason"), CampaignFields.reasonLength)
    },
  ]

  private static let goods = [
    BodyReader("product") { fields throws(APIError) in
      _ = try ProductReader.parts(fields)
      if let name = fields.optional("name") { try text(name, ProductText.Bounds.name) }
    },
    BodyReader("product change") { fields throws(APIError) in
      _ = try ProductReader.productChange(fields)
    },
    BodyReader("sku") { fields throws(APIError) in _ = try ProductReader.sku(fields) },
    BodyReader("sku change") { fields throws(APIError) in _ = try ProductReader.change(fields) },
    BodyReader("category") { fields throws(APIError) in _ = try CategoryReader.parts(fields) },
    BodyReader("prose") { fields throws(APIError) in
      try text(fields.required("description"), ProductText.Bounds.description, prose: true)
    },
    BodyReader("adjustment") { fields throws(APIError) in
      _ = try AdjustmentReader.adjustment(fields, of: sku, tenant)
    },
    BodyReader("transfer") { fields throws(APIError) in
      _ = try AdjustmentReader.transfer(fields, of: sku)
    },
  ]

  private static let money = [
    BodyReader("credit") { fields throws(APIError) in
      _ = try WalletReader.wish(.credit, fields, of: user, tenant: tenant.id, by: user, now: now)
      try text(fields.required("reason"), WalletFields.reasonLength)
    },
    BodyReader("debit") { fields throws(APIError) in
      _ = try WalletReader.wish(.debit, fields, of: user, tenant: tenant.id, by: user, now: now)
    },
    BodyReader("exchange rate") { fields throws(APIError) in
      _ = try ExchangeRateReader.draft(fields, now: now)
    },
  ]
}
