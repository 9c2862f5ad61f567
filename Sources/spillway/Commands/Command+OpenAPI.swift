internal import API

extension Command {
  static let openapi = Command(
    name: "openapi", summary: "print the OpenAPI document", options: []
  ) { _ in
    try StandardOutput.write(SpillwayRoutes.table.document.json + [UInt8(ascii: "\n")])
    return 0
  }
}
