import Domain
import Ledger
import Services
import Testing

@testable import API

@Suite struct CampaignReaderTests {
  static let minimal: JSONValue = [
    "name": "Spring", "quantity": 100, "per_user_limit": 1,
    "opens_at": "2026-03-01T00:00:00Z", "closes_at": "2026-03-02T00:00:00Z",
    "discount": ["type": "amount", "value": 1000, "currency": "KRW"],
  ]

  static let full: JSONValue = [
    "name": "봄 세일", "quantity": 1_000_000_000, "per_user_limit": 100,
    "opens_at": "2026-03-01T09:00:00+09:00", "closes_at": "2026-03-02T00:00:00.5Z",
    "expires_at": "2026-04-01T00:00:00Z",
    "discount": ["type": "rate", "value": .double(12.5), "currency": "KRW", "max": 5000],
    "eligibility": [
      "products": ["p1", "p2"], "categories": ["shoes"], "markets": ["KR", "US"],
      "min_subtotal": 10_000,
    ],
    "acknowledge": "ledger", "room_id": nil,
    "rate_policy": ["limit": 10, "window_seconds": 60, "burst": 2, "scope": "campaign"],
  ]

  /// `body` with the member at the dotted `path` replaced, or taken out.
  static func replacing(_ path: String, in body: JSONValue, by value: JSONValue?) -> JSONValue {
    var object = body.object!
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    if parts.count == 1 {
      object[path] = value
    } else {
      object[parts[0]] = replacing(parts[1], in: object[parts[0]]!, by: value)
    }
    return .object(object)
  }

  private func refusedField(of body: JSONValue, change: Bool = false) -> String? {
    do {
      if change {
        _ = try CampaignReader.change(try FieldReader(body))
      } else {
        _ = try CampaignReader.draft(try FieldReader(body))
      }
      return nil
    } catch {
      return error.code == .invalidArgument ? error.details["field"]?.string : "?"
    }
  }

  @Test func `a draft is read`() throws {
    let minimal = try CampaignReader.draft(try FieldReader(Self.minimal))
    #expect(minimal.name == "Spring")
    #expect(minimal.terms.quantity == 100)
    #expect(minimal.discount == .amount(1000, currency: "KRW"))
    #expect(minimal.eligibility == Eligibility())
    #expect(minimal.acknowledgement == .hot)
    #expect(minimal.terms.ratePolicy == nil)

    let full = try CampaignReader.draft(try FieldReader(Self.full))
    #expect(full.terms.opensAt == Instant("2026-03-01T00:00:00Z"))
    #expect(full.discount == .rate(basisPoints: 1250, maximum: 5000, currency: "KRW"))
    #expect(full.eligibility.markets == ["KR", "US"])
    #expect(full.acknowledgement == .ledger)
    #expect(
      full.terms.ratePolicy
        == RatePolicy(limit: 10, windowMilliseconds: 60_000, burst: 2, scope: .campaign))
  }

  @Test func `what is shown of a campaign can be sent as a draft`() throws {
    for body in [Self.minimal, Self.full] {
      let draft = try CampaignReader.draft(try FieldReader(body))
      let campaign = Campaign(
        id: Identifier(high: 1, low: 2), tenant: TenantID("shop")!, cell: CellName("shop.kr")!,
        name: draft.name, terms: draft.terms, discount: draft.discount,
        eligibility: draft.eligibility, acknowledgement: draft.acknowledgement,
        expiresAt: draft.expiresAt, version: 1)
      let view = CampaignView.campaign(
        campaign, issued: 0, createdBy: UserID("mia")!, createdAt: .earliest, updatedAt: .latest)
      #expect(try CampaignReader.draft(try FieldReader(view)) == draft)
      let known = Set(CampaignSchema.campaign.definition["properties"]!.object!.names)
      #expect(Set(view.object!.names) == known)
    }
  }

  @Test func `every field that is missing or of a wrong type is named`() {
    let schema = CampaignSchema.draft.definition
    let required = schema["required"]!.array!.map { $0.string! }
    #expect(required.count == 6)
    for name in required {
      #expect(refusedField(of: Self.replacing(name, in: Self.full, by: nil)) == name)
      #expect(refusedField(of: Self.replacing(name, in: Self.full, by: .null)) == name)
    }
    for name in schema["properties"]!.object!.names {
      for wrong in [true, .double(0.5), [], "?"] as [JSONValue] {
        let body = Self.replacing(name, in: Self.full, by: wrong)
        // Any text is a name.
        if name == "name", wrong == "?" { continue }
        #expect(refusedField(of: body) == name, "\(name) \(wrong)")
        #expect(refusedField(of: [name: wrong].asJSON, change: true) == name)
      }
    }
  }

  @Test(
    arguments: [
      ("name", ""), ("name", .string(String(repeating: "x", count: 201))), ("name", "a\tb"),
      ("quantity", 0), ("quantity", -1), ("quantity", 1_000_000_001), ("quantity", "100"),
      ("quantity", .double(1e30)), ("per_user_limit", 0), ("per_user_limit", 101),
      ("opens_at", "2026-03-02T00:00:00.6Z"), ("opens_at", "2026-03-01"), ("opens_at", 1),
      ("closes_at", "2026-02-30T00:00:00Z"), ("expires_at", "never"),
      ("discount.type", "gift"), ("discount.type", nil), ("discount.value", 0),
      ("discount.value", .double(100.01)), ("discount.value", .double(0.001)),
      ("discount.value", "10"), ("discount.currency", "won"), ("discount.currency", "KRWX"),
      ("discount.max", 0), ("discount.max", .double(1.5)),
      ("eligibility.products", "p1"), ("eligibility.products", [1]),
      ("eligibility.products", ["a", "a"]), ("eligibility.categories", [""]),
      ("eligibility.markets", ["kr"]), ("eligibility.markets", ["KR", "KR"]),
      ("eligibility.markets", ["KOR"]), ("eligibility.min_subtotal", 0),
      ("acknowledge", "later"), ("room_id", "room"),
      ("rate_policy.limit", 0), ("rate_policy.limit", nil), ("rate_policy.window_seconds", 0),
      ("rate_policy.window_seconds", 86_401), ("rate_policy.burst", 11),
      ("rate_policy.scope", "ip"),
    ] as [(String, JSONValue)])
  func `a value out of bounds is named`(path: String, value: JSONValue) {
    let field = refusedField(of: Self.replacing(path, in: Self.full, by: value)) ?? "none"
    // Of opening and closing, the closing is the one that is named.
    let expected = path == "opens_at" && value.string?.hasSuffix(".6Z") == true ? "closes_at" : path
    // Elements of lists are named with their position.
    #expect(field == expected || field.hasPrefix("\(expected)."))
  }

  @Test func `a product is named in either case`() throws {
    let id = "0195d2e0-0000-7000-8000-00000000000a"
    let body = Self.replacing(
      "eligibility.products", in: Self.full, by: [.string(id.uppercased()), "p1"])
    let draft = try CampaignReader.draft(try FieldReader(body))
    #expect(draft.eligibility.products == [id, "p1"])
    let twice = Self.replacing(
      "eligibility.products", in: Self.full, by: [.string(id.uppercased()), .string(id)])
    #expect(refusedField(of: twice) == "eligibility.products.1")
  }

  @Test func `a discount may be of points`() throws {
    let amount: JSONValue = ["type": "amount", "value": 500, "currency": "POINT"]
    let draft = try CampaignReader.draft(
      try FieldReader(Self.replacing("discount", in: Self.minimal, by: amount)))
    #expect(draft.discount == .amount(500, currency: "POINT"))
    for word in ["POINTS", "point", "POIN"] {
      let body = Self.replacing("discount.currency", in: Self.minimal, by: .string(word))
      #expect(refusedField(of: body) == "discount.currency", "\(word)")
    }
  }

  @Test func `an amount needs its currency and has no maximum`() {
    #expect(
      refusedField(
        of: Self.replacing("discount", in: Self.minimal, by: ["type": "amount", "value": 5]))
        == "discount.currency")
    #expect(
      refusedField(
        of: Self.replacing(
          "discount", in: Self.minimal,
          by: ["type": "amount", "value": 5, "currency": "KRW", "max": 5])) == "discount.max")
  }

  @Test func `a change keeps what it does not name`() throws {
    let change = try CampaignReader.change(
      try FieldReader(["quantity": 5, "expires_at": nil, "rate_policy": nil, "eligibility": nil]))
    var expected = CampaignChange()
    expected.quantity = 5
    expected.expiresAt = .remove
    expected.ratePolicy = .remove
    expected.eligibility = Eligibility()
    #expect(change == expected)
  }

  @Test func `a change that changes nothing, or takes away what must be, is refused`() {
    #expect(refusedField(of: [:], change: true) == "body")
    #expect(refusedField(of: ["app_id": "x"], change: true) == "body")
    for name in ["name", "quantity", "per_user_limit", "opens_at", "closes_at", "discount"] {
      #expect(refusedField(of: [name: JSONValue.null].asJSON, change: true) == name)
    }
    #expect(refusedField(of: ["acknowledge": nil], change: true) == "acknowledge")
  }
}

extension [String: JSONValue] {
  var asJSON: JSONValue {
    var object = JSONObject()
    for (name, value) in self { object[name] = value }
    return .object(object)
  }
}
