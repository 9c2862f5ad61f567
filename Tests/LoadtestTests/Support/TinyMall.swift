import Domain
import EventLoop
import Foundation

@testable import spillway_loadtest

/// The order contract in memory, with faults to order. Loop-confined.
final class TinyMall {
  /// What the mall does wrong.
  enum Fault: Sendable, CaseIterable {
    case none, forgetsKeys, reservesTwice, miscalculates, losesAPiece, findsAPiece, isClosed
    case sellsNothing, stopsEarly, refusesHolders, limits
  }

  static let sale = Identifier("01890a5d-ac96-774b-bcce-b302099a8057")!

  private let fault: Fault
  private var available: [String: Int] = [:]
  private var pieces: [String: Int] = [:]
  private var orders: [String: Int] = [:]
  private var count = 0
  /// Requests that made something to sell.
  private(set) var preparations: [String] = []

  init(fault: Fault) { self.fault = fault }

  func react(to request: String) -> TinyServer.Reaction {
    let head = request.prefix { !$0.isNewline }
    if head.hasPrefix("POST /v1/orders ") { return .send(order(request)) }
    if head.hasPrefix("GET /v1/skus/") { return close(200, stock(String(head))) }
    if head.hasPrefix("GET /v1/admin/sales/\(Self.sale) ") {
      return close(200, #"{"data":{"state":"OPEN"},"request_id":"r"}"#)
    }
    preparations.append(request)
    if head.hasPrefix("POST /v1/admin/products ") {
      return close(201, #"{"data":{"product_id":"\#(Self.sale)"},"request_id":"r"}"#)
    }
    if head.hasPrefix("POST /v1/admin/skus/") {
      let sku = head.split(separator: "/")[4]
      pieces[String(sku)] = Self.number("quantity", in: request)
      available = pieces
    }
    return close(201, #"{"data":{"sale_id":"\#(Self.sale)"},"request_id":"r"}"#)
  }

  private func close(_ status: Int, _ body: String) -> TinyServer.Reaction {
    .sendAndClose(TinyServer.response(status, body, headers: "Connection: close\r\n"))
  }

  private static func number(_ name: String, in text: String) -> Int {
    guard let start = text.firstRange(of: "\"\(name)\":")?.upperBound else { return 0 }
    return Int(text[start...].prefix { $0.isNumber }) ?? 0
  }

  private static func text(_ name: String, in text: String) -> String {
    guard let start = text.firstRange(of: "\"\(name)\":\"")?.upperBound else { return "" }
    return String(text[start...].prefix { $0 != "\"" })
  }

  private func stock(_ head: String) -> String {
    let sku = head.split(separator: "/")[3]
    let all = pieces[String(sku)] ?? 0
    let free = max(0, min(available[String(sku)] ?? 0, all))
    var reserved = all - free
    if fault == .losesAPiece, reserved > 5 { reserved -= 1 }
    if fault == .findsAPiece, reserved > 5 { reserved += 1 }
    return """
      {"data":{"sku":"\(sku)","available":\(free),"reserved":\(reserved),"sold":0,\
      "as_of":"2026-01-01T00:00:00.000Z"},"request_id":"r"}
      """
  }

  private func order(_ request: String) -> String {
    if fault == .isClosed {
      return error(503, "INTERNAL_RETRYABLE", headers: "Retry-After: 1\r\n")
    }
    let lines = request.split(separator: "\r\n")
    guard let key = lines.first(where: { $0.hasPrefix("X-Idempotency-Key: ") }) else {
      return error(400, "INVALID_ARGUMENT")
    }
    let sku = Self.text("sku", in: request)
    if fault == .sellsNothing { return error(410, "SOLD_OUT") }
    if fault == .limits, count == 20 { return error(422, "LIMIT_REACHED") }
    if let number = orders[String(key)] {
      if fault == .refusesHolders { return error(410, "SOLD_OUT") }
      if fault == .reservesTwice { return reservation(number, sku) }
      return reservation(
        fault == .forgetsKeys ? number + 1000 : number, sku,
        headers: "Idempotent-Replayed: true\r\n")
    }
    let least = fault == .stopsEarly ? 1 : 0
    guard let left = available[sku], left > least else { return error(410, "SOLD_OUT") }
    available[sku] = left - 1
    count += 1
    orders[String(key)] = count
    return reservation(count, sku)
  }

  private func reservation(_ number: Int, _ sku: String, headers: String = "") -> String {
    let order = Identifier(high: 0x7000, low: 1 << 63 | UInt64(number))
    let total = OrderScenario.price - (fault == .miscalculates && number == 5 ? 1 : 0)
    func money(_ amount: Int) -> String { #"{"amount":\#(amount),"currency":"KRW"}"# }
    return TinyServer.response(
      201,
      """
      {"data":{"order_id":"\(order)","status":"PENDING","sale_id":"\(Self.sale)","market":"KR",\
      "lines":[{"sku":"\(sku)","quantity":1,"unit_price":\(money(OrderScenario.price)),\
      "total":\(money(OrderScenario.price))}],"subtotal":\(money(OrderScenario.price)),\
      "discount":\(money(0)),"tax":\(money(0)),"shipping":\(money(0)),"total":\(money(total)),\
      "reserved_until":"2026-01-01T00:00:00.000Z","acknowledged":"hot"},"request_id":"r"}
      """, headers: headers)
  }

  private func error(_ status: Int, _ code: String, headers: String = "") -> String {
    TinyServer.response(
      status, #"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#,
      headers: headers)
  }
}
