import Foundation
import Telemetry
import Testing

@Suite struct LoggerTests {
  private func object(_ line: String) throws -> [String: Any] {
    let parsed = try JSONSerialization.jsonObject(with: Data(line.utf8))
    return try #require(parsed as? [String: Any])
  }

  @Test func `a line is one JSON object with its fields`() throws {
    let log = CapturedLog()
    let logger = Logger(label: "test", sink: .captured(by: log))
    logger.info("claimed", [("count", 3), ("rate", 0.5), ("hot", true), ("user", "u1")])
    let line = try #require(log.lines.first)
    #expect(line.hasSuffix("}\n"))
    let fields = try object(line)
    #expect(fields["level"] as? String == "info")
    #expect(fields["label"] as? String == "test")
    #expect(fields["message"] as? String == "claimed")
    #expect(fields["count"] as? Int == 3)
    #expect(fields["rate"] as? Double == 0.5)
    #expect(fields["hot"] as? Bool == true)
    #expect(fields["user"] as? String == "u1")
    let time = try #require(fields["time"] as? String)
    #expect(time.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil)
  }

  @Test func `hostile text cannot start a second line or break the object`() throws {
    let log = CapturedLog()
    let hostile = "a\"}\n{\"level\":\"error\\\u{0}\u{1F}\u{7F}\t\r 한국어 🎫"
    Logger(label: hostile, sink: .captured(by: log)).error(hostile, [(hostile, .string(hostile))])
    let line = try #require(log.lines.first)
    #expect(line.utf8.filter { $0 == UInt8(ascii: "\n") }.count == 1)
    let fields = try object(line)
    #expect(fields["message"] as? String == hostile)
    #expect(fields[hostile] as? String == hostile)
  }

  @Test func `lines below the level are dropped and never made`() {
    let log = CapturedLog()
    let logger = Logger(label: "test", level: .warning, sink: .captured(by: log))
    var made = 0
    func message() -> String {
      made += 1
      return "m"
    }
    logger.debug(message())
    logger.info(message())
    logger.warning(message())
    logger.error(message())
    #expect(log.lines.count == 2)
    #expect(made == 2)
  }

  @Test func `a line's own field wins over the context's`() throws {
    let log = CapturedLog()
    let logger = Logger(label: "test", sink: .captured(by: log))
      .with([("cell", "kr"), ("loop", 1)]).with([("loop", 2)])
    logger.info("m", [("cell", "us")])
    let fields = try object(log.lines[0])
    #expect(fields["cell"] as? String == "us")
    #expect(fields["loop"] as? Int == 2)
    #expect(log.lines[0].components(separatedBy: "\"cell\"").count == 2)
  }

  @Test func `values of fields that hold secrets are replaced`() {
    let log = CapturedLog()
    Logger(label: "test", sink: .captured(by: log))
      .info("m", [("Authorization", "Bearer abc"), ("password", "hunter2")])
    #expect(!log.lines[0].contains("abc"))
    #expect(!log.lines[0].contains("hunter2"))
  }

  @Test func `numbers that JSON does not know become null`() throws {
    let log = CapturedLog()
    Logger(label: "test", sink: .captured(by: log)).info("m", [("x", .double(.infinity))])
    #expect(try object(log.lines[0])["x"] is NSNull)
  }

  @Test func `levels are read from text`() {
    #expect(LogLevel("INFO") == .info)
    #expect(LogLevel("warn") == .warning)
    #expect(LogLevel("loud") == nil)
    for level in LogLevel.allCases { #expect(LogLevel(level.description) == level) }
  }
}
