/// Writes Prometheus' text exposition format, version 0.0.4.
struct PrometheusText {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ family: MetricFamily) {
    append("# HELP \(family.name) \(Self.escape(family.help, quotes: false))\n")
    append("# TYPE \(family.name) \(family.type)\n")
    for (labels, metric) in family.members {
      switch metric {
      case .counter(let counter): sample(family.name, labels, String(counter.value))
      case .gauge(let gauge): sample(family.name, labels, Self.number(gauge.value))
      case .computed(let read): sample(family.name, labels, Self.number(read()))
      case .histogram(let histogram): write(histogram, family.name, labels)
      }
    }
  }

  private mutating func write(_ histogram: Histogram, _ name: String, _ labels: String) {
    var cumulative: UInt64 = 0
    for (index, count) in histogram.bucketCounts.enumerated() {
      cumulative += count
      let bound = histogram.buckets.upperBound(index).map { Double($0) * histogram.buckets.scale }
      let separator = labels.isEmpty ? "" : ","
      let all = "\(labels)\(separator)le=\"\(Self.number(bound ?? .infinity))\""
      sample("\(name)_bucket", all, String(cumulative))
    }
    sample("\(name)_sum", labels, Self.number(histogram.sum))
    sample("\(name)_count", labels, String(cumulative))
  }

  private mutating func sample(_ name: String, _ labels: String, _ value: String) {
    append(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n")
  }

  private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// Labels as they stand between the braces.
  static func labels(_ labels: [(String, String)]) -> String {
    labels.map { name, value in
      precondition(isName(name) && name != "le", "\(name) is no label name")
      return "\(name)=\"\(escape(value, quotes: true))\""
    }.joined(separator: ",")
  }

  static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"):
        true
      default: false
      }
    }
  }

  static func escape(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": escaped += #"\\"#
      case "\n": escaped += #"\n"#
      case "\"" where quotes: escaped += #"\""#
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    if let whole = Int(exactly: value) { return String(whole) }
    return "\(value)"
  }
}
