internal import API
internal import Foundation

extension Command {
  static let openapi = Command(
    name: "openapi", summary: "print the OpenAPI document", options: []
  ) { _ in
    FileHandle.standardOutput.write(Data(SpillwayRoutes.table.document.json + [10]))
    return 0
  }
}
