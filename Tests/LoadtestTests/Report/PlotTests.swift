import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct PlotTests {
  @Test func `marks are round and reach over all values`() {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let most = Double.random(in: 1e-3...1e9, using: &generator)
      let axis = PlotAxis.linear([0, most, most / 3])
      #expect(axis.highest >= most * 0.999_99 && axis.highest <= most * 2.01 + 1e-9)
      #expect((2...7).contains(axis.ticks.count), "\(most)")
      #expect(axis.place(of: 0) == 0 && axis.place(of: axis.highest) == 1)
      let powers = PlotAxis.logarithmic([most, most * 50])
      #expect(powers.lowest <= most * 1.000_01 && powers.highest >= most * 49.999)
      #expect(powers.place(of: most) < powers.place(of: most * 50))
    }
    #expect(PlotAxis.linear([]).ticks == [0, 1])
    #expect(PlotAxis.linear([0, 0]).ticks == [0, 1])
    #expect(PlotAxis.logarithmic([]).ticks == [1, 10])
    #expect(PlotAxis.linear([0, 8]).ticks == [0, 2, 4, 6, 8])
  }

  @Test func `marks read well`() {
    #expect(PlotAxis.label(0) == "0")
    #expect(PlotAxis.label(1500) == "1.5k")
    #expect(PlotAxis.label(3_000_000) == "3M")
    #expect(PlotAxis.label(0.05) == "0.05")
    #expect(PlotAxis.roundStep(3) == 5)
    #expect(PlotAxis.roundStep(0.01) == 0.01)
  }

  /// Reads a document; what is not well-formed XML is an issue.
  private final class Elements: NSObject, XMLParserDelegate {
    var names: [String: Int] = [:]
    var text = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      names[name, default: 0] += 1
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    static func read(_ document: String) throws -> Elements {
      let elements = Elements()
      let parser = XMLParser(data: Data(document.utf8))
      parser.delegate = elements
      #expect(parser.parse(), "\(String(describing: parser.parserError))")
      return elements
    }
  }

  @Test func `a picture is well-formed, has no script, and knows light and dark`() throws {
    let points = (0..<2000).map { (seconds: Double($0), value: Double($0 % 37)) }
    let document = SVGDocument.render(
      Plot(
        title: "a < b & \"c\" \u{1}", description: "d",
        panels: [
          Plot.Panel("one", [.init(name: "x>y", points: points), .init(name: "none", points: [])]),
          Plot.Panel("two", isLogarithmic: true, [.init(name: "z", points: points)]),
          Plot.Panel("empty", []),
        ]))
    let elements = try Elements.read(document)
    #expect(elements.names["svg"] == 1 && elements.names["polyline"] == 3)
    #expect(elements.names["script"] == nil && !document.contains("href"))
    #expect(elements.text.contains("a < b & \"c\"") && elements.text.contains("x>y"))
    #expect(document.contains("prefers-color-scheme:dark"))
    #expect(!document.contains("nan") && !document.contains("inf"))
    // Long series are averaged.
    #expect(document.utf8.count < 60_000)
  }

  @Test func `a report of a run is drawn and written in all forms`() throws {
    let folder = TestFolder.make("report")
    defer { TestFolder.remove(folder) }
    let outcomes = [Outcome(name: "issued", kind: .success)]
    var tally = Tally(outcomeCount: 1)
    var result = LoadRun.Result(
      tally: tally, seconds: 5, processorSeconds: 0, conclusion: Conclusion())
    for second in 1...5 {
      for _ in 0..<100 { tally.outcomes[0].record(nanoseconds: UInt64(second) * 1_000_000) }
      result.series.add(
        tally, outcomes: outcomes, seconds: Double(second),
        moment: UInt64(second + 10) * 1_000_000_000,
        queue: second)
    }
    result = LoadRun.Result(
      tally: tally, seconds: 5, processorSeconds: 0,
      conclusion: Conclusion(facts: [("ledger", "complete")]), series: result.series)
    var report = RunReport(
      scenario: "claim", outcomes: outcomes, result: result, provenance: .example)
    report.readings = (10...16).map {
      InstallationReading(
        moment: UInt64($0) * 1_000_000_000, lagMilliseconds: $0, streamLength: 5, deadRows: nil,
        processes: [.init(name: "redis-server", count: 1, memory: $0 * 1_000_000, descriptors: 9)])
    }
    report.missed = ["P99 is long"]
    // Readings before the run and after its last second are left out.
    #expect(report.figure(\.lagMilliseconds).map(\.seconds) == [0, 1, 2, 3, 4, 5])
    #expect(report.plot.panels.count == 6)
    let files = try ReportFiles(
      CommandArguments(["--report", "\(folder)/run"], options: ReportFiles.options))
    try files.write(report)
    let page = try String(contentsOfFile: "\(folder)/run.md", encoding: .utf8)
    for part in ["# claim", "(run.svg)", "missed: P99 is long", "| issued | 500 |", "redis-server"]
    {
      #expect(page.contains(part), "\(part) in \(page)")
    }
    for part in Provenance.parts { #expect(page.contains(part), "\(part) in \(page)") }
    _ = try Elements.read(String(contentsOfFile: "\(folder)/run.svg", encoding: .utf8))
    let text = try String(contentsOfFile: "\(folder)/run.hgrm", encoding: .utf8)
    #expect(text.contains("Total count    =          500]"))
    let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/run.json"))
    let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    #expect(json["held"] as? Bool == false)
    #expect((json["course"] as? [Any])?.count == 5)
    #expect((json["installation"] as? [[String: Any]])?.count == 4)
  }
}
