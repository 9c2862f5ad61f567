/// What is wrong with the command line or the environment: one clear line, exit status 2.
struct UsageError: Error, Equatable, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
