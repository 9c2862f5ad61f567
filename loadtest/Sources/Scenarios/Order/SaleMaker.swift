internal import Domain
internal import EventLoop
internal import Foundation

/// Creates products, SKUs with stock, and sales through the operator's API. Loop-confined.
struct SaleMaker {
  let client: HTTPClient
  /// A token that may write products, stock and sales.
  let token: String
  let loop: EventLoop

  /// What a run wants to sell.
  struct Wish: Sendable {
    var skus: [String]
    /// Pieces of each SKU.
    var pieces: [Int]
    /// Minor units of KRW.
    var price: Int
    var perUserLimit = 0
    var acknowledge = "hot"
    var cell = "shared"
    var reservationSeconds = 600
    /// Orders a second, of one user and of all together; nil for no policy.
    var ratePerUser: Int?
    var ratePerSecond: Int?
    /// The waiting room before the sale; nil for none.
    var room: Identifier?
  }

  /// How long a sale made for a run stays open.
  static let openFor: Duration = .seconds(3600)
  /// How long the stock may take to come into the sale.
  static let openingLimit: Duration = .seconds(20)

  /// Creates a sale that is open when this returns.
  ///
  /// - Throws: `ScenarioError` with the server's answer when it is not the one expected.
  func make(_ wish: Wish) async throws(ScenarioError) -> Identifier {
    let product = try Self.identifier(
      "product_id", in: try await post("/v1/admin/products", #"{"name":"Load test"}"#))
    for (sku, pieces) in zip(wish.skus, wish.pieces) {
      _ = try await post(
        "/v1/admin/skus",
        """
        {"sku":"\(sku)","product_id":"\(product)","name":"Load test",\
        "prices":[{"market":"KR","amount":\(wish.price),"currency":"KRW"}]}
        """)
      _ = try await post(
        "/v1/admin/skus/\(sku)/stock-adjustments",
        #"{"market":"KR","quantity":\#(pieces),"reason":"load test"}"#)
    }
    let sale = try Self.identifier("sale_id", in: try await post("/v1/admin/sales", body(wish)))
    try await awaitOpening(of: sale)
    return sale
  }

  /// The id called `name` in an answer.
  private static func identifier(
    _ name: String, in answer: String
  ) throws(ScenarioError) -> Identifier {
    struct Created: Decodable { let data: [String: Value] }
    struct Value: Decodable {
      let text: String?
      init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
      }
    }
    guard let created = try? JSONDecoder().decode(Created.self, from: Data(answer.utf8)),
      let identifier = created.data[name]?.text.flatMap({ Identifier($0) })
    else { throw ScenarioError("no \(name) in \(answer)") }
    return identifier
  }

  private func body(_ wish: Wish) -> String {
    let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    let items = zip(wish.skus, wish.pieces).map { sku, pieces in
      #"{"sku":"\#(sku)","quantity":\#(pieces),"price":{"amount":\#(wish.price),"currency":"KRW"}"#
        + (wish.perUserLimit > 0 ? #","per_user_limit":\#(wish.perUserLimit)}"# : "}")
    }
    let scope = wish.ratePerSecond == nil ? "user" : "sale"
    let rate = (wish.ratePerSecond ?? wish.ratePerUser).map {
      #","rate_policy":{"limit":\#($0),"window_seconds":1,"scope":"\#(scope)"}"#
    }
    return """
      {"name":"Load test","opens_at":"\(now - .seconds(1))","closes_at":"\(now + Self.openFor)",\
      "items":[\(items.joined(separator: ","))],"cell":"\(wish.cell)",\
      "acknowledge":"\(wish.acknowledge)","reservation_seconds":\(wish.reservationSeconds)\
      \(rate ?? "")\(wish.room.map { #","room_id":"\#($0)""# } ?? "")}
      """
  }

  private func awaitOpening(of sale: Identifier) async throws(ScenarioError) {
    let end = EventLoop.nanoseconds() + Self.openingLimit.milliseconds * 1_000_000
    while true {
      let answer = try await ask("GET", "/v1/admin/sales/\(sale)", "")
      if answer.status == 200, answer.body.contains(#""state":"OPEN""#) { return }
      guard EventLoop.nanoseconds() < end else {
        throw ScenarioError("sale \(sale) did not open: \(answer.body)")
      }
      await loop.sleep(for: .milliseconds(50))
    }
  }

  private func post(_ path: String, _ body: String) async throws(ScenarioError) -> String {
    let answer = try await ask("POST", path, body)
    guard answer.status == 201 else {
      throw ScenarioError("POST \(path)", brought: answer)
    }
    return answer.body
  }

  private func ask(
    _ method: String, _ path: String, _ body: String
  ) async throws(ScenarioError) -> HTTPClient.Answer {
    do throws(ClientFailure) {
      return try await client.request(
        method, path, headers: [("Authorization", "Bearer \(token)")], body: body)
    } catch {
      throw ScenarioError("\(method) \(path): \(error)")
    }
  }
}
