import Domain
import EventLoop

@testable import spillway_loadtest

/// Orders and payments of a sale in memory, with faults to order. Loop-confined.
final class TinyTill {
  /// What the till does wrong.
  enum Fault: Sendable, CaseIterable {
    /// Asks every buyer once to come again; that is nothing wrong.
    case isBusyAtFirst
    case paysTwice, marksReplaysWrongly, answersForAnotherOrder, answersNonsense, refusesTheRich
    case sellsNothing, sellsTwice
  }

  static let sale = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!

  private let fault: Fault?
  private var orders: [String: Identifier] = [:]
  private var paid: [String: Identifier] = [:]
  private(set) var credits = 0
  private var sent: Set<String> = []
  private var made: UInt64 = 0

  init(fault: Fault?) { self.fault = fault }

  func react(to request: String) -> TinyServer.Reaction {
    let words = request.split(separator: " ", maxSplits: 2)
    let path = String(words[1])
    let isAdministration = path.hasPrefix("/v1/admin/")
    if path.hasPrefix("/v1/admin/wallets/") {
      credits += 1
      return .send(TinyServer.response(201, #"{"data":{},"request_id":"r"}"#))
    }
    if isAdministration { return .sendAndClose(administer(path, isRead: words[0] == "GET")) }
    let lines = request.split(separator: "\r\n")
    guard let token = lines.first(where: { $0.hasPrefix("Authorization: Bearer ") }) else {
      return .send(error(401, "UNAUTHORIZED"))
    }
    let user = String(token.dropFirst("Authorization: Bearer ".count))
    if fault == .isBusyAtFirst, sent.insert(user + path.prefix(12)).inserted {
      return .send(error(503, "INTERNAL_RETRYABLE", headers: "Retry-After: 1\r\n"))
    }
    if path == "/v1/orders" { return .send(order(user)) }
    return .send(pay(user, path))
  }

  private func administer(_ path: String, isRead: Bool) -> String {
    let data =
      isRead
      ? #"{"sale_id":"\#(Self.sale)","state":"OPEN"}"#
      : #"{"sale_id":"\#(Self.sale)","product_id":"\#(Self.sale)"}"#
    return TinyServer.response(
      isRead ? 200 : 201, #"{"data":\#(data),"request_id":"r"}"#, headers: "Connection: close\r\n")
  }

  private func next() -> Identifier {
    made += 1
    return Identifier(high: 0x7000, low: 1 << 63 | made)
  }

  private func order(_ user: String) -> String {
    if fault == .sellsNothing { return error(410, "SOLD_OUT") }
    let known = orders[user]
    let id = fault == .sellsTwice ? next() : known ?? next()
    orders[user] = id
    let price = #"{"amount":\#(OrderPayScenario.price),"currency":"KRW"}"#
    return TinyServer.response(
      201,
      """
      {"data":{"order_id":"\(id)","status":"PENDING","lines":[{"sku":"s","quantity":1,\
      "unit_price":\(price),"total":\(price)}],"subtotal":\(price),"total":\(price),\
      "reserved_until":"2026-01-01T00:00:00.000Z","acknowledged":"hot"},"request_id":"r"}
      """, headers: known == nil ? "" : "Idempotent-Replayed: true\r\n")
  }

  private func pay(_ user: String, _ path: String) -> String {
    guard let order = orders[user], path.contains("\(order)") else {
      return error(404, "NOT_FOUND")
    }
    if fault == .refusesTheRich { return error(402, "INSUFFICIENT_FUNDS") }
    var isReplay = paid[user] != nil
    let payment = fault == .paysTwice ? next() : paid[user] ?? next()
    paid[user] = payment
    if fault == .marksReplaysWrongly { isReplay.toggle() }
    if fault == .answersNonsense { return TinyServer.response(200, #"{"data":{}}"#) }
    let shown = fault == .answersForAnotherOrder ? Self.sale : order
    return TinyServer.response(
      200,
      """
      {"data":{"order_id":"\(shown)","status":"PAID","payment_id":"\(payment)",\
      "paid_at":"2026-01-01T00:00:00.000Z","balance_after":{"amount":0,"currency":"KRW"}},\
      "request_id":"r"}
      """, headers: isReplay ? "Idempotent-Replayed: true\r\n" : "")
  }

  private func error(_ status: Int, _ code: String, headers: String = "") -> String {
    TinyServer.response(
      status, #"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#,
      headers: headers)
  }
}
