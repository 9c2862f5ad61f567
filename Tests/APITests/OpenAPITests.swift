import Domain
import Testing

@testable import API

@Suite struct OpenAPITests {
  private let document = SampleRoutes.table.document

  /// Tables of routes, by a name that is short in what a run prints.
  enum Table: CaseIterable {
    case sample, spillway

    var routes: [RouteDescription] {
      switch self {
      case .sample: SampleRoutes.table.descriptions
      case .spillway: SpillwayRoutes.table.descriptions
      }
    }
  }

  @Test(arguments: Table.allCases)
  func `every route stands in the document`(table: Table) throws {
    let routes = table.routes
    let document = OpenAPIDocument.make(routes)
    #expect(document["openapi"] == "3.1.0")
    for route in routes {
      let operation = document["paths"]?[route.pattern]?[route.method.description.lowercased()]
      #expect(operation?["operationId"]?.string == route.operationID)
      let parameters = operation?["parameters"]?.array ?? []
      for name in route.captureNames {
        #expect(parameters.contains { $0["name"] == .string(name) && $0["in"] == "path" })
      }
      let security: JSONValue =
        route.access.alternatives != nil
        ? [["accessToken": []]] : route.access == .visitor ? [[:], ["accessToken": []]] : []
      #expect(operation?["security"] == security)
      for response in route.responses {
        #expect(operation?["responses"]?[String(response.status)] != nil)
      }
      for status in [400, 408, 413, 414, 431] {
        #expect(operation?["responses"]?[String(status)] != nil, "\(route.pattern) \(status)")
      }
      for code in route.allErrors {
        #expect(operation?["responses"]?[String(code.status)] != nil, "\(route.pattern) \(code)")
      }
    }
  }

  @Test func `idempotency keys and bodies are described where they matter`() {
    let create = document["paths"]?["/v1/admin/things"]?["post"]
    let key = create?["parameters"]?.array?.first { $0["name"] == "X-Idempotency-Key" }
    #expect(key?["required"] == true)
    #expect(create?["requestBody"]?["required"] == true)
    #expect(create?["responses"]?["415"] != nil)
    let claim = document["paths"]?["/v1/things/{id}/claims"]?["post"]
    #expect(claim?["requestBody"]?["required"] == false)
    #expect(claim?["responses"]?["410"]?["description"] == "SOLD_OUT")
    let operations = document["paths"]?["/healthz"]?["get"]
    #expect(operations?["security"] == [])
  }

  @Test func `rate classes, costs and fields are described on routes of tenants`() {
    let claim = document["paths"]?["/v1/things/{id}/claims"]?["post"]
    #expect(claim?["x-rate-class"] == "write")
    #expect(claim?["x-rate-cost"] == 1)
    #expect(claim?["responses"]?["200"]?["headers"]?["RateLimit"] != nil)
    #expect(claim?["responses"]?["429"]?["description"] == "RATE_LIMITED")
    #expect(claim?["responses"]?["429"]?["headers"]?["RateLimit-Policy"] != nil)
    let create = document["paths"]?["/v1/admin/things"]?["post"]
    #expect(create?["x-rate-class"] == "admin")
    let health = document["paths"]?["/healthz"]?["get"]
    #expect(health?["x-rate-class"] == nil)
    #expect(health?["responses"]?["429"] == nil)
  }

  @Test(arguments: Table.allCases) func `all references lead somewhere`(table: Table) {
    let document = OpenAPIDocument.make(table.routes)
    func check(_ value: JSONValue) {
      switch value {
      case .array(let elements): elements.forEach(check)
      case .object(let object):
        if let reference = object["$ref"]?.string {
          let name = String(reference.split(separator: "/").last!)
          #expect(document["components"]?["schemas"]?[name] != nil, "\(reference)")
        }
        object.members.forEach { check($0.value) }
      default: break
      }
    }
    check(document)
  }

  @Test func `an amount that may come as a number or with its currency is described as both`() {
    let schemas = SpillwayRoutes.table.document["components"]?["schemas"]
    for (name, money) in [
      ("WalletCredit", "PostedMoney"), ("WalletDebit", "PostedMoney"),
      ("WalletHoldDraft", "PostedMoney"), ("WalletCapture", "PostedMoney"),
      ("OrderRefundDraft", "Money"),
    ] {
      let all = schemas?[name]?["properties"]?["amount"]?["anyOf"]?.array ?? []
      let forms = all.filter { $0["type"] != "null" }
      #expect(forms.count == 2, "\(name)")
      #expect(forms.first?["type"] == "integer", "\(name)")
      #expect(forms.last?["$ref"] == .string("#/components/schemas/\(money)"), "\(name)")
      let required = schemas?[name]?["required"]?.array ?? []
      #expect(!required.contains("currency"), "\(name)")
    }
  }

  @Test func `prices and payments may be in points, exchange rates may not`() {
    let schemas = SpillwayRoutes.table.document["components"]?["schemas"]
    for name in ["Money", "Price", "SalePrice", "PriceChange"] {
      #expect(
        schemas?[name]?["properties"]?["currency"]?["enum"] == ["KRW", "USD", "POINT"], "\(name)")
    }
    for side in ["from", "to"] {
      #expect(
        schemas?["ExchangeRateDraft"]?["properties"]?[side]?["enum"] == ["KRW", "USD"], "\(side)")
    }
  }

  @Test func `conditions, tags and cookies are described where the code has them`() throws {
    let cached = ["listCatalog", "getCatalogProduct", "listCategories", "listPopularProducts"]
    let shown = ["getCart", "mergeCart"]
    let changed = [
      "putCartItem", "removeCartItem", "clearCart", "putCartCoupon", "removeCartCoupon",
    ]
    let document = SpillwayRoutes.table.document
    for route in SpillwayRoutes.table.descriptions {
      let id = route.operationID
      let operation = document["paths"]?[route.pattern]?[route.method.description.lowercased()]
      func takes(_ name: String) -> Bool {
        operation?["parameters"]?.array?.contains {
          $0["name"] == .string(name) && $0["in"] == "header" && $0["required"] == false
        } ?? false
      }
      func tells(_ name: String, _ status: Int) -> Bool {
        operation?["responses"]?[String(status)]?["headers"]?[name] != nil
      }
      let success = try #require(route.responses.first).status
      #expect(takes("Accept-Language"), "\(id)")
      #expect(takes("If-None-Match") == cached.contains(id), "\(id)")
      #expect(takes("If-Match") == changed.contains(id), "\(id)")
      #expect(tells("ETag", success) == (cached + shown + changed).contains(id), "\(id)")
      #expect(tells("ETag", 409) == changed.contains(id), "\(id)")
      #expect(
        tells("Set-Cookie", success) == (shown + changed + ["joinRoom"]).contains(id), "\(id)")
      for name in ["Cache-Control", "Vary"] {
        #expect(tells(name, success) == cached.contains(id), "\(id)")
        #expect(tells(name, 304) == cached.contains(id), "\(id)")
      }
      #expect(tells("ETag", 304) == cached.contains(id), "\(id)")
    }
  }

  @Test func `bounds of a body are those of its reader`() {
    let schemas = SpillwayRoutes.table.document["components"]?["schemas"]
    func property(_ schema: String, _ name: String) -> JSONValue? {
      schemas?[schema]?["properties"]?[name]
    }
    for (schema, name) in [
      ("OrderDraft", "lines"), ("OrderRefundDraft", "lines"), ("SKUDraft", "prices"),
      ("SKUChange", "prices"), ("SaleDraft", "items"),
    ] {
      #expect(property(schema, name)?["minItems"] == 1, "\(schema).\(name)")
    }
    // A SKU whose prices were all taken away has none.
    #expect(property("SKU", "prices")?["minItems"] == nil)
    #expect(property("StockAdjustment", "quantity")?["not"] == ["const": 0])
    #expect(
      property("PostedMoney", "currency")?["pattern"]
        == "^(KRW|USD|POINT|credit:[a-z0-9._-]{1,40})$")
  }

  @Test func `bodies whose unknown members are refused say so`() {
    let schemas = SpillwayRoutes.table.document["components"]?["schemas"]
    for (name, members) in [
      ("OrderCancellation", ["reason", "amount", "lines", "app_id"]),
      ("OrderRefundDraft", ["reason", "amount", "lines", "app_id"]),
      ("OrderTransition", ["to", "reason", "amount", "lines", "app_id"]),
      ("WalletCapture", ["amount", "currency", "app_id"]), ("ReturnedLine", ["sku", "quantity"]),
    ] {
      #expect(schemas?[name]?["additionalProperties"] == false, "\(name)")
      #expect(schemas?[name]?["properties"]?.object?.names == members, "\(name)")
    }
    for name in ["OrderCancellation", "OrderTransition"] {
      for part in ["amount", "lines"] {
        #expect(schemas?[name]?["properties"]?[part]?["type"] == "null", "\(name).\(part)")
      }
    }
    #expect(schemas?["OrderDraft"]?["additionalProperties"] == nil)
  }

  @Test func `named schemas are listed once and referred to`() {
    let money = Schema.object([.required("amount", .integer)]).named("Money")
    let order = Schema.object([
      .required("total", money), .optional("tax", money.nullable),
      .required("lines", .list(of: money.described("Of one line."))),
    ]).named("Order")
    #expect(order.use == ["$ref": "#/components/schemas/Order"])
    #expect(Set(order.named.map(\.name)) == ["Order", "Money"])
    #expect(
      order.definition["properties"]?["tax"]
        == ["anyOf": [["$ref": "#/components/schemas/Money"], ["type": "null"]]])
    #expect(Schema.string.nullable.use == ["type": ["string", "null"]])
  }
}
