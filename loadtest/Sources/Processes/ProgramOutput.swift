internal import Foundation

/// What short programs say.
enum ProgramOutput {
  /// Standard output of a program that ends by itself; nil when it is missing or ends with another
  /// status than 0.
  ///
  /// - Parameters:
  ///   - command: the program, looked for on the path, and its arguments.
  ///   - hidden: variables of this process' environment that it does not get.
  static func read(_ command: [String], hiding hidden: [String] = []) -> String? {
    // A file and not a pipe: whatever else starts a program at this moment could keep a pipe open.
    let path = "\(NSTemporaryDirectory())/spillway-output-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    guard let descriptor = try? OutputFile.open(path) else { return nil }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.environment = ProcessInfo.processInfo.environment.filter { !hidden.contains($0.key) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { return nil }
    return try? String(contentsOfFile: path, encoding: .utf8)
  }
}
