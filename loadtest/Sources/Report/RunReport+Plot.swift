extension RunReport {
  /// Rate, latencies, queue and lag over time, and what else is known of the installation.
  var plot: Plot {
    let points = result.series.points
    func line(_ name: String, _ value: (TimeSeries.Point) -> Double) -> Plot.Line {
      Plot.Line(name: name, points: points.map { ($0.seconds, value($0)) })
    }
    func latency(_ name: String, _ value: KeyPath<TimeSeries.Point, UInt64>) -> Plot.Line {
      Plot.Line(
        name: name,
        points: points.filter { $0[keyPath: value] > 0 }
          .map { ($0.seconds, Double($0[keyPath: value]) / 1e6) })
    }
    var panels = [
      Plot.Panel(
        "Requests a second",
        [line("answered", { $0.rate - $0.failureRate })]
          + (points.contains { $0.failureRate > 0 } ? [line("failed", \.failureRate)] : [])),
      Plot.Panel(
        "Latency in ms, from the moment a request was due", isLogarithmic: true,
        [
          latency("P50", \.percentile50), latency("P95", \.percentile95),
          latency("P99", \.percentile99),
        ]),
      Plot.Panel("Queue", [line("waiting", { Double($0.queue) })]),
    ]
    add("Lag of the ledger in ms", [("oldest decision", figure(\.lagMilliseconds))], &panels)
    add(
      "Stream entries and dead rows",
      [("stream", figure(\.streamLength)), ("dead rows", figure(\.deadRows))], &panels)
    add(
      "Private memory in MB",
      processes.map { name in
        (name, figure { Self.memory(of: name, $0) }.map { ($0.seconds, $0.value / 1e6) })
      }, &panels)
    return Plot(
      title: "spillway-loadtest run \(scenario)",
      description: "Each second of a run of \(TextFormat.fixed(result.seconds, 0)) s: "
        + panels.map(\.title).joined(separator: "; "),
      panels: panels)
  }

  private func add(
    _ title: String, _ lines: [(name: String, points: [(seconds: Double, value: Double)])],
    _ panels: inout [Plot.Panel]
  ) {
    let known = lines.filter { !$0.points.isEmpty }
    guard !known.isEmpty else { return }
    panels.append(Plot.Panel(title, known.map { Plot.Line(name: $0.name, points: $0.points) }))
  }

  static func count(of name: String, _ reading: InstallationReading) -> Int? {
    reading.processes.first { $0.name == name }?.count
  }

  static func memory(of name: String, _ reading: InstallationReading) -> Int? {
    reading.processes.first { $0.name == name }?.memory
  }

  static func descriptors(of name: String, _ reading: InstallationReading) -> Int? {
    reading.processes.first { $0.name == name }?.descriptors
  }
}
