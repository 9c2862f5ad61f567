import Domain
import Foundation
import TestSupport
import Testing

@Suite struct InstantTests {
  @Test(arguments: [
    ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.001Z", 1),
    ("1969-12-31T23:59:59.999Z", -1), ("2000-02-29T12:00:00Z", 951_825_600_000),
    ("2026-01-31T18:30:00.25+09:00", 1_769_851_800_250),
    ("2026-01-31t09:30:00.250999999z", 1_769_851_800_250),
    ("2026-01-31T00:00:00-23:59", 1_769_903_940_000),
    ("0000-01-01T00:00:00Z", -62_167_219_200_000),
    ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
  ])
  func `RFC 3339 is read`(text: String, milliseconds: Int64) {
    #expect(Instant(text)?.milliseconds == milliseconds)
  }

  @Test(arguments: [
    "", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31 09:30:00Z", "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
    "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-31T24:00:00Z",
    "2026-01-31T09:60:00Z", "2016-12-31T23:59:60Z", "2026-01-31T09:30:00.Z",
    "2026-01-31T09:30:00.1234567890Z", "2026-01-31T09:30:00+9:00", "2026-01-31T09:30:00+0900",
    "2026-01-31T09:30:00+24:00", "2026-01-31T09:30:00ZZ", "+026-01-31T09:30:00Z",
    "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "２026-01-31T09:30:00Z",
  ])
  func `other text is refused`(text: String) {
    #expect(Instant(text) == nil)
  }

  @Test func `what is written reads back, and agrees with the system's calendar`() {
    var random = SeededGenerator()
    for _ in 0..<2000 {
      let milliseconds = Int64.random(
        in: Instant.earliest.milliseconds...Instant.latest.milliseconds, using: &random)
      let instant = Instant(milliseconds: milliseconds)
      #expect(Instant(instant.description) == instant, "seed \(random.seed)")
      var seconds = time_t(instant.seconds)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      let expected = String(
        format: "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
        parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec)
      #expect(instant.description.hasPrefix(expected), "seed \(random.seed)")
    }
  }

  @Test func `instants beyond the text form are written as its ends`() {
    #expect("\(Instant(milliseconds: .max))" == "9999-12-31T23:59:59.999Z")
    #expect("\(Instant(milliseconds: .min))" == "0000-01-01T00:00:00.000Z")
  }

  @Test func `durations are added and taken`() {
    let instant = Instant(seconds: 10)
    #expect((instant + .milliseconds(1500)).milliseconds == 11_500)
    #expect((instant - .seconds(11)).seconds == -1)
    #expect(Instant(milliseconds: -1).seconds == -1)
    #expect(instant + .seconds(1) - instant == .seconds(1))
  }

  @Test func `a manual clock moves when told`() {
    let manual = ManualClock(Instant(seconds: 1))
    let clock = manual.clock
    #expect(clock.now() == Instant(seconds: 1))
    manual.advance(by: .seconds(2))
    #expect(clock.now() == Instant(seconds: 3))
  }
}
