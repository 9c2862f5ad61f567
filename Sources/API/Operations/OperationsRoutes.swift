internal import HTTP

/// The routes for whoever runs the program. They know no tenant and answer without the envelope.
enum OperationsRoutes {
  static let all: [(RouteDescription, RouteHandler.Operation)] = [
    (health, .health), (readiness, .readiness), (metrics, .metrics), (document, .document),
  ]

  private static let health = operation(
    "/healthz", id: "getHealth", "Whether the process lives.", listener: .everywhere,
    [plainJSON(200, "It does.", .object([.required("status", .constant("ok"))]))])

  private static let readiness = operation(
    "/readyz", id: "getReadiness", "Whether dependencies and cells are there.",
    [
      plainJSON(
        200, "They are, and at least one cell is open if there is any.",
        .object([.required("status", .constant("ready")), .required("closed_cells", closedCells)])),
      plainJSON(
        503, "They are not yet, or the process is ending.",
        .object([
          .required("status", .constant("waiting")),
          .required(
            "waiting_for", Schema.list(of: .string).described("One line for each thing.")),
          .required("closed_cells", closedCells),
        ])),
    ])

  private static let closedCells = Schema.list(of: .string).described(
    "Cells that take no claims at the moment.")

  private static let metrics = operation(
    "/metrics", id: "getMetrics", "Metrics in the Prometheus text format.",
    [.init(200, "All metrics.", .plain(mediaType: "text/plain", .string))])

  private static let document = operation(
    "/openapi.json", id: "getDocument", "This document.",
    [plainJSON(200, "OpenAPI 3.1.", .object([]))])

  private static func operation(
    _ pattern: String, id: String, _ summary: String,
    listener: RouteDescription.Listener = .operations, _ responses: [RouteDescription.Response]
  ) -> RouteDescription {
    RouteDescription(
      .get, pattern, id: id, summary: summary, tag: "Operations", access: .anyone,
      responses: responses, listener: listener, needsTenant: false)
  }

  private static func plainJSON(
    _ status: Int, _ summary: String, _ schema: Schema
  ) -> RouteDescription.Response {
    .init(status, summary, .plain(mediaType: "application/json", schema))
  }
}
