internal import Glibc

/// Wall-clock time of a log line.
struct Timestamp {
  /// Since 1970-01-01T00:00:00Z.
  let milliseconds: Int

  static func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: time.tv_sec * 1000 + time.tv_nsec / 1_000_000)
  }

  /// Writes RFC 3339 in UTC with milliseconds, such as `2026-01-31T09:30:00.250Z`.
  func write(into line: inout [UInt8]) {
    var seconds = time_t(milliseconds / 1000)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    line.append(decimal: Int(parts.tm_year) + 1900, width: 4)
    line.append(UInt8(ascii: "-"))
    line.append(decimal: Int(parts.tm_mon) + 1, width: 2)
    line.append(UInt8(ascii: "-"))
    line.append(decimal: Int(parts.tm_mday), width: 2)
    line.append(UInt8(ascii: "T"))
    line.append(decimal: Int(parts.tm_hour), width: 2)
    line.append(UInt8(ascii: ":"))
    line.append(decimal: Int(parts.tm_min), width: 2)
    line.append(UInt8(ascii: ":"))
    line.append(decimal: Int(parts.tm_sec), width: 2)
    line.append(UInt8(ascii: "."))
    line.append(decimal: milliseconds % 1000, width: 3)
    line.append(UInt8(ascii: "Z"))
  }
}

extension [UInt8] {
  fileprivate mutating func append(decimal number: Int, width: Int) {
    let digits = String(number).utf8
    for _ in 0..<Swift.max(0, width - digits.count) { append(UInt8(ascii: "0")) }
    append(contentsOf: digits)
  }
}
