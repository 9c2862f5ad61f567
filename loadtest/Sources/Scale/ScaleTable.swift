/// A part of the report: what was measured, and a table of it.
struct ScaleTable: Sendable, Equatable, Encodable {
  let title: String
  /// What a reader has to know before the table.
  let text: String
  let head: [String]
  var rows: [[String]] = []

  /// A table of figures by what grew.
  ///
  /// - Parameters:
  ///   - growing: the head of the first column.
  ///   - figures: all runs of each step, in order.
  init(
    title: String, text: String, growing: String, figures: [(step: String, runs: [ScaleFigure])]
  ) {
    self.title = title
    self.text = text
    head = [
      growing, "runs", "requests/s", "P50 ms", "P99 ms", "API µs", "Redis µs", "reconciler µs",
      "Postgres µs", "all µs", "bytes",
    ]
    rows = figures.compactMap { step, runs in
      ScaleFigure.median(runs).map { [step, String(runs.count)] + Self.cells($0) }
    }
  }

  init(title: String, text: String, head: [String], rows: [[String]]) {
    self.title = title
    self.text = text
    self.head = head
    self.rows = rows
  }

  private static func cells(_ figure: ScaleFigure) -> [String] {
    let parts = [figure.api, figure.redis, figure.reconciler, figure.postgres]
    return [
      TextFormat.grouped(Int(figure.rate)), TextFormat.fixed(figure.percentile50, 2),
      TextFormat.fixed(figure.percentile99, 2),
    ] + parts.map { TextFormat.fixed($0, 1) } + [
      TextFormat.fixed(parts.reduce(0, +), 1), TextFormat.grouped(Int(figure.network)),
    ]
  }

  /// Markdown.
  var markdown: String {
    let rule = ["---"] + head.dropFirst().map { _ in "---:" }
    let lines = ([head, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }
    return "## \(title)\n\n\(text)\n\n" + lines.joined()
  }
}
