//! What the variables of API Gateway stand for: `$context`, `$request`, `method.request`, `$stageVariables`.
