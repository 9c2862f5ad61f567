internal import Domain
internal import HTTP
internal import Services

/// The state of cells for operators.
enum CellRoutes {
  static let all: [Route<Node>] = [list]

  private static let list = Route<Node>(
    RouteDescription(
      .get, "/v1/admin/cells", id: "listCells", summary: "The tenant's cells by name.",
      tag: "Cells", access: .permission(.cellRead), query: QueryReader.page,
      responses: [.init(200, "A page.", .page(cell))])
  ) { node in
    .ordinary { context throws(APIError) in
      let limit = try context.query.limit()
      let cursor = try context.query.cursor { CellName($0) }
      let reports: [CellReport]
      do throws(CellReporter.Unavailable) {
        reports = try await node.cellReports.reports(
          of: context.tenant.id, after: cursor, limit: limit + 1)
      } catch {
        throw .unavailable
      }
      let page = reports.prefix(limit)
      return .page(
        page.map(view), nextCursor: reports.count > limit ? page.last?.cell.text : nil)
    }
  }

  private static func view(_ report: CellReport) -> JSONValue {
    [
      "cell": .string(report.cell.text),
      "state": .string(report.isOpen ? "OPEN" : "CLOSED"),
      "closed_because": JSONValue(report.closedBecause),
      "epoch": .integer(report.epoch),
      "stream_length": JSONValue(report.stream?.length),
      "cursor": .string(report.cursor),
      "lag_ms": JSONValue(report.stream?.lagMilliseconds),
    ]
  }

  static let cell = Schema.object([
    .required("cell", .string), .required("state", .oneOf(["OPEN", "CLOSED"])),
    .required("closed_because", Schema.string.nullable.described("Null while it is open.")),
    .required("epoch", Schema.integer.described("Counts the leases vouched for.")),
    .required(
      "stream_length", Schema.integer.nullable.described("Null while Redis cannot be asked.")),
    .required("cursor", Schema.string.described("The last stream entry in the ledger.")),
    .required(
      "lag_ms", Schema.integer.nullable.described("Age of the oldest entry not in the ledger.")),
  ]).named("Cell")
}
