import Domain
import Testing

@testable import spillway_loadtest

@Suite struct OrderAnswerTests {
  private let order = "01890a5d-ac96-774b-bcce-b302099a8058"

  private func answer(_ body: String) -> OrderAnswer {
    Array(body.utf8).withUnsafeBytes { OrderAnswer(of: $0) }
  }

  private func money(_ amount: Int, _ currency: String = "KRW") -> String {
    #"{"amount":\#(amount),"currency":"\#(currency)"}"#
  }

  private func body(
    order: String? = nil, status: String = "PENDING", subtotal: Int = 300, total: Int = 300,
    lines: String? = nil, acknowledged: String = #","acknowledged":"hot""#
  ) -> String {
    let usual = """
      {"sku":"A","quantity":1,"unit_price":\(money(100)),"total":\(money(100))},\
      {"sku":"B","quantity":2,"unit_price":\(money(100)),"total":\(money(200))}
      """
    return """
      {"data":{"order_id":"\(order ?? self.order)","status":"\(status)","lines":[\(lines ?? usual)],\
      "subtotal":\(money(subtotal)),"discount":\(money(0)),"tax":\(money(0)),\
      "shipping":\(money(0)),"total":\(money(total)),\
      "reserved_until":"2026-01-01T00:00:00.000Z"\(acknowledged)},"request_id":"r1"}
      """
  }

  @Test func `an order is read whole`() {
    let answer = answer(body())
    #expect(answer.isOrder && answer.isWhole && !answer.isError)
    #expect(answer.order == Identifier(order))
    #expect(answer.status == .pending)
    #expect(answer.total == 300 && answer.subtotal == 300)
    #expect(answer.lines == 2 && answer.pieces == 3)
  }

  @Test func `an order with anything wrong is none`() {
    #expect(!answer(body(order: "7")).isOrder)
    #expect(!answer(body(status: "PAID")).isOrder)
    #expect(!answer(body(status: "LOST")).isWhole)
    #expect(!answer(body(total: 299)).isOrder)
    #expect(!answer(body(lines: "")).isOrder)
    #expect(!answer(body(acknowledged: "")).isOrder)
    #expect(!answer(body(acknowledged: #","acknowledged":"maybe""#)).isOrder)
    #expect(!answer(body() + "}").isOrder)
    #expect(!answer(body().replacing(",\"request_id\":\"r1\"", with: "")).isOrder)
    #expect(!answer("").isOrder)
  }

  @Test(arguments: OrderStatus.allCases)
  func `an order is read in every state`(status: OrderStatus) {
    let answer = answer(body(status: status.rawValue, acknowledged: ""))
    #expect(answer.isWhole && answer.status == status)
  }

  @Test(arguments: [
    ("SOLD_OUT", OrderAnswer.Code.soldOut), ("LIMIT_REACHED", .limitReached),
    ("RATE_LIMITED", .rateLimited), ("INTERNAL_RETRYABLE", .retryable), ("CLOSED", .closed),
    ("NOT_OPEN", .notOpen), ("NOT_FOUND", .notFound), ("ORDER_STATE_CONFLICT", .stateConflict),
    ("IDEMPOTENCY_IN_PROGRESS", .inProgress), ("CONFLICT", .conflict), ("EXPIRED", .expired),
    ("INSUFFICIENT_FUNDS", .insufficientFunds), ("INVALID_ARGUMENT", .invalid),
    ("FORBIDDEN", .other),
  ])
  func `errors are told apart by their code`(word: String, code: OrderAnswer.Code) {
    let answer = answer(
      #"{"error":{"code":"\#(word)","message":"no","details":{}},"request_id":"r"}"#)
    #expect(answer.isError && !answer.isWhole)
    #expect(answer.code == code)
  }

  @Test func `an error without a request id is none`() {
    #expect(!answer(#"{"error":{"code":"SOLD_OUT"}}"#).isError)
  }
}
