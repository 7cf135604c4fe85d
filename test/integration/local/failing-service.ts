console.log("The toy has no batteries.");
process.exit(1);
