import Domain
import Testing

@testable import spillway_loadtest

@Suite struct MoneyAnswerTests {
  private let transaction = "01890a5d-ac96-774b-bcce-b302099a8058"

  private func outcome(_ status: Int, _ body: String, headers: String = "") -> MoneyOutcome {
    let head = Array("HTTP/1.1 \(status) S\r\n\(headers)\r\n".utf8)
    return head.withUnsafeBytes { head in
      Array(body.utf8).withUnsafeBytes { body in
        var response = Response()
        response.status = status
        response.head = head
        response.body = body
        return MoneyAnswer.outcome(.success(response))
      }
    }
  }

  private func error(_ code: String) -> String {
    #"{"error":{"code":"\#(code)","message":"no","details":{}},"request_id":"r"}"#
  }

  @Test func `a posting is read with what it left`() {
    let body = """
      {"data":{"transaction_id":"\(transaction)","user_id":"ann","kind":"credit",\
      "amount":{"amount":5,"currency":"KRW"},"balance_after":{"amount":12,"currency":"KRW"}},\
      "request_id":"r"}
      """
    #expect(outcome(201, body) == .done(Identifier(transaction)!, balance: 12))
  }

  @Test func `refusals are told apart`() {
    #expect(outcome(402, error("INSUFFICIENT_FUNDS")) == .short)
    #expect(outcome(409, error("IDEMPOTENCY_IN_PROGRESS")) == .unknown)
    #expect(
      outcome(503, error("INTERNAL_RETRYABLE"), headers: "Retry-After: 1\r\n") == .unknown)
    #expect(MoneyAnswer.outcome(.failure(.timedOut)) == .unknown)
  }

  @Test func `everything else is wrong`() {
    for (status, body) in [
      (201, "{}"), (200, error("CONFLICT")), (402, "{}"), (500, error("INTERNAL_RETRYABLE")),
      (503, error("INTERNAL_RETRYABLE")),
    ] {
      guard case .wrong = outcome(status, body) else {
        Issue.record("\(status) with \(body)")
        continue
      }
    }
  }
}
