import Domain
import Services
import Testing

@testable import API

@Suite struct SaleReaderTests {
  static let minimal: JSONValue = [
    "name": "Spring", "opens_at": "2026-03-01T00:00:00Z", "closes_at": "2026-03-02T00:00:00Z",
    "items": [["sku": "a", "quantity": 100, "price": ["amount": 900, "currency": "KRW"]]],
  ]

  static let full: JSONValue = [
    "name": "봄 세일", "market": "US", "opens_at": "2026-03-01T09:00:00+09:00",
    "closes_at": "2026-03-02T00:00:00.5Z",
    "items": [
      [
        "sku": "a", "quantity": 1_000_000_000, "price": ["amount": 0, "currency": "USD"],
        "per_user_limit": 2,
      ],
      [
        "sku": "b", "quantity": 1, "price": ["amount": 1_000_000_000_000, "currency": "USD"],
        "per_user_limit": nil,
      ],
    ],
    "cell": "own", "acknowledge": "ledger", "room_id": nil,
    "rate_policy": ["limit": 10, "window_seconds": 60, "burst": 2, "scope": "sale"],
    "reservation_seconds": 86_400,
  ]

  private func refusedField(of body: JSONValue, change: Bool = false) -> String? {
    do {
      if change {
        _ = try SaleReader.change(try FieldReader(body))
      } else {
        _ = try SaleReader.draft(try FieldReader(body))
      }
      return nil
    } catch {
      return error.code == .invalidArgument ? error.details["field"]?.string : "?"
    }
  }

  @Test func `a draft is read`() throws {
    let minimal = try SaleReader.draft(try FieldReader(Self.minimal))
    #expect(minimal.market == nil)
    #expect(!minimal.hasOwnCell)
    #expect(minimal.acknowledgement == .hot)
    #expect(minimal.items.map(\.perUserLimit) == [0])
    #expect(minimal.reservationSeconds == nil)
    let full = try SaleReader.draft(try FieldReader(Self.full))
    #expect(full.market == Market("US"))
    #expect(full.hasOwnCell)
    #expect(full.items.map(\.perUserLimit) == [2, 0])
    #expect(full.items[1].price == Money(amount: 1_000_000_000_000, currency: .dollar))
    #expect(full.terms.ratePolicy?.scope == .sale)
    #expect(full.reservationSeconds == 86_400)
  }

  @Test func `what is shown of a sale can be sent as a draft`() throws {
    for body in [Self.minimal, Self.full] {
      let draft = try SaleReader.draft(try FieldReader(body))
      let id = Identifier(high: 1, low: 2)
      let tenant = TenantID("shop")!
      let market = draft.market ?? Market("KR")!
      let sale = Sale(
        id: id, tenant: tenant, market: market,
        cell: draft.hasOwnCell
          ? CellName.own(by: tenant, sale: id)!
          : CellName.shared(by: tenant, market: market.description)!,
        name: draft.name, terms: draft.terms, items: draft.items,
        acknowledgement: draft.acknowledgement, reservationSeconds: draft.reservationSeconds)
      let view = SaleView.sale(sale, createdAt: .earliest, updatedAt: .latest)
      var expected = draft
      expected.market = market
      #expect(try SaleReader.draft(try FieldReader(view)) == expected)
      let known = Set(SaleSchema.sale.definition["properties"]!.object!.names)
      #expect(Set(view.object!.names) == known)
    }
  }

  @Test func `every field that is missing or of a wrong type is named`() {
    let schema = SaleSchema.draft.definition
    for name in schema["required"]!.array!.map({ $0.string! }) {
      #expect(refusedField(of: CampaignReaderTests.replacing(name, in: Self.full, by: nil)) == name)
    }
    for name in schema["properties"]!.object!.names {
      for wrong in [true, .double(0.5), [], "?"] as [JSONValue] {
        if name == "name", wrong == "?" { continue }
        let body = CampaignReaderTests.replacing(name, in: Self.full, by: wrong)
        #expect(refusedField(of: body) == name, "\(name) \(wrong)")
      }
    }
  }

  @Test(
    arguments: [
      ("sku", "a b", "sku"), ("sku", nil, "sku"), ("quantity", 0, "quantity"),
      ("quantity", 1_000_000_001, "quantity"), ("price", 5, "price"),
      ("price", ["amount": -1, "currency": "KRW"], "price.amount"),
      ("price", ["amount": 1], "price.currency"),
      ("price", ["amount": 1, "currency": "EUR"], "price.currency"),
      ("per_user_limit", 0, "per_user_limit"), ("per_user_limit", 100_001, "per_user_limit"),
    ] as [(String, JSONValue?, String)])
  func `a wrong item is named by its place`(field: String, value: JSONValue?, named: String) {
    let item = CampaignReaderTests.replacing(
      field, in: Self.minimal["items"]!.array![0], by: value)
    let body = CampaignReaderTests.replacing("items", in: Self.minimal, by: .array([item]))
    #expect(refusedField(of: body) == "items.0.\(named)")
  }

  @Test func `items are different SKUs in one currency`() {
    func body(_ items: [JSONValue]) -> JSONValue {
      CampaignReaderTests.replacing("items", in: Self.minimal, by: .array(items))
    }
    func item(_ sku: String, _ currency: String = "KRW") -> JSONValue {
      [
        "sku": .string(sku), "quantity": 1,
        "price": ["amount": 1, "currency": .string(currency)],
      ]
    }
    #expect(refusedField(of: body([])) == "items")
    #expect(refusedField(of: body([item("a"), item("a")])) == "items.1.sku")
    #expect(refusedField(of: body([item("a"), item("b", "USD")])) == "items.1.price.currency")
    #expect(refusedField(of: body((0..<200).map { item("s\($0)") })) == nil)
    #expect(refusedField(of: body((0..<201).map { item("s\($0)") })) == "items")
  }

  @Test func `a change keeps what it does not name`() throws {
    let change = try SaleReader.change(
      try FieldReader(["name": "Later", "rate_policy": nil, "reservation_seconds": 30]))
    var expected = SaleChange()
    expected.name = "Later"
    expected.ratePolicy = .remove
    expected.reservationSeconds = .set(30)
    #expect(change == expected)
    for (body, field) in [
      ([:], "body"), (["app_id": "x"], "body"), (["name": "x", "items": []], "items"),
      (["name": "x", "cell": "own"], "cell"), (["name": "x", "market": "US"], "market"),
      (["name": nil], "name"), (["opens_at": nil], "opens_at"),
      (["acknowledge": nil], "acknowledge"),
      (
        ["rate_policy": ["limit": 1, "window_seconds": 1, "scope": "campaign"]], "rate_policy.scope"
      ),
      (["reservation_seconds": 0], "reservation_seconds"),
    ] as [(JSONValue, String)] {
      #expect(refusedField(of: body, change: true) == field, "\(body)")
    }
  }
}
