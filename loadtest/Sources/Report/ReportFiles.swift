internal import Foundation

/// The files that a run is told in.
struct ReportFiles: Sendable, Equatable {
  var json: String?
  var markdown: String?
  var plot: String?
  var histogram: String?

  static let options: [CommandArguments.Option] = [
    .init("json", "FILE", "also write the result as JSON"),
    .init("markdown", "FILE", "and as a page of Markdown"),
    .init("svg", "FILE", "and as a picture of its course"),
    .init("hgrm", "FILE", "and its latencies as HdrHistogram's text"),
    .init("report", "PREFIX", "all four, as PREFIX.json, .md, .svg and .hgrm"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    let prefix = arguments["report"]
    func path(_ option: String, _ ending: String) -> String? {
      arguments[option] ?? prefix.map { "\($0).\(ending)" }
    }
    json = path("json", "json")
    markdown = path("markdown", "md")
    plot = path("svg", "svg")
    histogram = path("hgrm", "hgrm")
  }

  /// - Throws: `ScenarioError` for a file that cannot be written.
  func write(_ report: RunReport) throws {
    if let json { try JSONReport(report).write(to: json) }
    if let plot { try OutputFile.write(SVGDocument.render(report.plot).utf8, to: plot) }
    if let histogram {
      try OutputFile.write(report.result.tally.all.percentileDistribution().utf8, to: histogram)
    }
    if let markdown {
      try OutputFile.write(
        MarkdownReport.render(report, picture: picture(from: markdown)).utf8, to: markdown)
    }
  }

  /// The picture as the page names it: beside it by its name alone.
  private func picture(from page: String) -> String? {
    guard let plot else { return nil }
    let (file, page) = (URL(fileURLWithPath: plot), URL(fileURLWithPath: page))
    return file.deletingLastPathComponent() == page.deletingLastPathComponent()
      ? file.lastPathComponent : file.path
  }
}
