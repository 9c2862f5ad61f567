/// The metrics that share a name, one for each set of labels.
struct MetricFamily: Sendable {
  let name: String
  let help: String
  let type: String
  var members: [(labels: String, metric: Metric)] = []
}

enum Metric: Sendable {
  case counter(Counter)
  case gauge(Gauge)
  case histogram(Histogram)
  case computed(@Sendable () -> Double)
}

/// Families in order of registration, found by name.
struct Families: Sendable {
  private(set) var list: [MetricFamily] = []
  private var positions: [String: Int] = [:]
  private var members: [Key: Int] = [:]

  private struct Key: Hashable {
    let family: Int
    let labels: String
  }

  mutating func metric(
    _ name: String, _ help: String, _ type: String, _ labels: [(String, String)],
    _ make: () -> Metric
  ) -> Metric {
    let key = key(name, help, type, labels)
    if let position = members[key] { return list[key.family].members[position].metric }
    let metric = make()
    append(metric, at: key)
    return metric
  }

  mutating func replace(
    _ name: String, _ help: String, _ type: String, _ labels: [(String, String)],
    by metric: Metric
  ) {
    let key = key(name, help, type, labels)
    guard let position = members[key] else { return append(metric, at: key) }
    guard case .computed = list[key.family].members[position].metric else {
      fatalError("\(name) is not computed")
    }
    list[key.family].members[position].metric = metric
  }

  private mutating func append(_ metric: Metric, at key: Key) {
    members[key] = list[key.family].members.count
    list[key.family].members.append((key.labels, metric))
  }

  private mutating func key(
    _ name: String, _ help: String, _ type: String, _ labels: [(String, String)]
  ) -> Key {
    let family = family(name, help, type)
    let sorted = labels.sorted { $0.0 < $1.0 }
    return Key(family: family, labels: PrometheusText.labels(sorted))
  }

  private mutating func family(_ name: String, _ help: String, _ type: String) -> Int {
    if let position = positions[name] {
      precondition(list[position].type == type, "\(name) is a \(list[position].type)")
      return position
    }
    precondition(PrometheusText.isName(name), "\(name) is no metric name")
    positions[name] = list.count
    list.append(MetricFamily(name: name, help: help, type: type))
    return list.count - 1
  }
}
