import EventLoop
import Testing

@testable import spillway_loadtest

@Suite struct AnswerContractTests {
  /// What is wrong with an answer of these parts.
  private func problem(
    _ status: Int, _ body: String, headers: String = "Content-Type: application/json\r\n",
    id: String? = "r-1"
  ) throws -> String? {
    let identity = id.map { "X-Request-Id: \($0)\r\n" } ?? ""
    let text =
      "HTTP/1.1 \(status) S\r\n\(identity)\(headers)"
      + (status == 204 ? "\r\n" : "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    let scratch = ByteBuffer()
    return Array(text.utf8).withUnsafeBytes { bytes in
      guard case .complete(let response, _) = ResponseParser.parse(bytes, scratch: scratch) else {
        Issue.record("no response")
        return nil
      }
      return AnswerContract.problem(with: response).map { "\($0)" }
    }
  }

  private let good = #"{"data":{},"request_id":"r-1"}"#
  private let json = "Content-Type: application/json; charset=utf-8\r\n"

  @Test func `an answer with all that it needs holds`() throws {
    #expect(try problem(200, good) == nil)
    #expect(try problem(201, good, headers: json) == nil)
    #expect(try problem(204, "", headers: "") == nil)
    #expect(try problem(503, good, headers: json + "Retry-After: 1\r\n") == nil)
    #expect(
      try problem(
        429, good, headers: json + "Retry-After: 1\r\nRateLimit: a\r\nRateLimit-Policy: b\r\n")
        == nil)
  }

  @Test func `what is missing is named`() throws {
    #expect(try problem(200, good, id: nil) == "no X-Request-Id")
    #expect(try problem(204, "", headers: "", id: nil) == "no X-Request-Id")
    #expect(try problem(200, good, headers: "")?.contains("JSON") == true)
    #expect(try problem(200, "", headers: json)?.contains("request_id") == true)
    #expect(try problem(200, #"{"data":{},"request_id":"r-2"}"#)?.contains("request_id") == true)
    #expect(try problem(200, #"{"data":"xr-1","request_id":""}"#)?.contains("request_id") == true)
    #expect(try problem(503, good) == "503 without Retry-After")
    #expect(try problem(429, good) == "429 without Retry-After")
    #expect(
      try problem(429, good, headers: json + "Retry-After: 1\r\nRateLimit: a\r\n")?
        .contains("RateLimit") == true)
  }

  @Test func `an answer of the catalogue has its envelope`() {
    func answer(_ text: String) -> BrowseAnswer {
      Array(text.utf8).withUnsafeBytes { BrowseAnswer(of: $0) }
    }
    #expect(answer(#"{"data":{"a":1},"request_id":"r"}"#).isAnswer(.object))
    #expect(answer(#"{"data":[],"next_cursor":null,"request_id":"r"}"#).isAnswer(.array))
    #expect(!answer(#"{"data":[],"request_id":"r"}"#).isAnswer(.array))
    #expect(!answer(#"{"data":{},"request_id":""}"#).isAnswer(.object))
    #expect(!answer(#"{"data":{},"request_id":"r""#).isAnswer(.object))
    let error = #"{"error":{"code":"INTERNAL_RETRYABLE","message":"m"},"request_id":"r"}"#
    #expect(answer(error).isError("INTERNAL_RETRYABLE"))
    #expect(!answer(error).isAnswer(.object))
  }
}
